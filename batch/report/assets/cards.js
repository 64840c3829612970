// Rows in a page of results: a contact sheet, a list of recordings, a table of questions and answers.
const STATUS_WORDS = { ok: "ok", partial: "partial", failed: "failed", no_speech: "no speech" };
const SHOWN_LINES = 6;

function statusOf(row) {
  return data.index.statuses[Number(data.index.status[row])];
}

function picture(thumb, alt) {
  const [name, width, height] = thumb;
  const canvas = drawing(alt);
  whenNear(canvas, () => drawn(canvas, `${FILES}thumb-${name}.jpg`).catch(() => {})); // lost: the frame stays empty, its name is there
  const frame = el("span", "picture", canvas);
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.style.width = width >= height ? "100%" : `${(100 * width) / height}%`;
  frame.style.setProperty("--natural", `${width}px`);
  return frame;
}

function altOf(row) {
  const text = data.texts[row][TEXT];
  return text || `${idOf(row)}: ${STATUS_WORDS[statusOf(row)]}`;
}

// `told`: the error is said elsewhere.
function badges(row, told = false) {
  const node = el("span", "badges");
  const status = statusOf(row);
  if (status !== "ok") node.append(el("span", `badge badge-${status}`, STATUS_WORDS[status]));
  const error = errorOf(row);
  if (error && !told) node.append(el("span", "badge badge-error", error));
  for (const flag of flagsOf(row)) node.append(el("span", "badge", flag.replaceAll("_", " ")));
  return node.childNodes.length ? node : null;
}

function idOf(row) {
  const id = data.texts[row]?.[0] ?? `Row ${row + 1}`;
  return data.index.files ? id.replace(/#0$/, "") : id; // a file is one row: its number says nothing
}

function nameOf(row) {
  return said(idOf(row), "span", "name");
}

function answerOf(row, classes = "said") {
  const text = data.texts[row][TEXT];
  if (text) return said(text, "p", classes);
  return el("p", "none", text === "" ? "an empty answer" : statusOf(row) === "no_speech" ? "nobody speaks" : "no answer");
}

function card(row, place) {
  const thumbs = data.texts[row][THUMBS] || [];
  const opener = button(null, "open", () => openRow(place));
  const frame = el("span", "frame");
  if (thumbs.length) frame.append(picture(thumbs[0], altOf(row)));
  else frame.append(el("span", "blank", errorOf(row) ?? "no picture"));
  if (thumbs.length > 1) frame.append(el("span", "more", `+${thumbs.length - 1}`));
  opener.append(frame);
  const question = data.texts[row][QUESTION];
  return el("li", `card item status-${statusOf(row)}`, opener, question ? said(question, "p", "asked") : null, answerOf(row), badges(row, !thumbs.length), nameOf(row));
}

function recording(row, place) {
  const head = el("div", "head", button(nameOf(row), "open", () => openRow(place)), badges(row));
  const node = el("li", `recording item status-${statusOf(row)}`, head);
  const body = el("div", "body", answerOf(row, "said clamped"));
  node.append(body);
  detailsOf(row).then((details) => {
    if (details.audio?.[0]) head.insertBefore(el("span", "length", span(details.audio[0])), head.children[1] ?? null);
    const found = player(row, details);
    if (!found) return;
    const lines = el("ol", "lines", ...found.lines.slice(0, SHOWN_LINES));
    const rest = found.lines.length - SHOWN_LINES;
    if (found.lines.length) body.replaceChildren(found.audio, lines);
    else body.append(found.audio);
    if (rest > 0) body.append(button(`${rest} more lines`, "quiet", () => openRow(place)));
  }, () => body.append(el("p", "none", "The details of this row are missing.")));
  return node;
}

function answered(row, place) {
  const [, , question, thumbs, sound] = data.texts[row];
  const node = el("tr", `item status-${statusOf(row)}`);
  const opener = button(String(row + 1), "open", () => openRow(place));
  opener.setAttribute("aria-label", `Row ${row + 1}: ${idOf(row)}`);
  const asked = el("td", "question");
  if (thumbs) asked.append(el("span", "frame small", picture(thumbs[0], altOf(row))));
  asked.append(question ? said(question, "p", "asked") : nameOf(row));
  if (sound) asked.append(el("span", "badge", "recording"));
  const answer = el("td", "answer", answerOf(row), badges(row));
  node.append(el("td", "place", opener), asked, answer);
  if (data.index.right) {
    const right = data.index.right[row];
    const cell = el("td", "right");
    if (right !== "-") cell.append(el("span", right === "1" ? "met" : "missed", right === "1" ? "right" : "wrong"));
    node.append(cell);
  }
  return node;
}

function tableOf(rows) {
  const head = el("tr", null, ...["Row", data.index.asks ? "Question" : "Source", "Answer"].map((name) => heading(name)));
  if (data.index.right) head.append(heading("Reference"));
  return el("table", "answers", el("thead", null, head), el("tbody", null, ...rows));
}

function heading(name) {
  const node = el("th", null, name);
  node.scope = "col";
  return node;
}
