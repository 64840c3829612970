// One row, in full: its medium, what the model said, and everything that is known of it.
const FLAG_WORDS = {
  repetition: "it repeats itself",
  truncated: "cut off at the token limit",
  empty: "nothing was answered",
  too_fast: "more words than anybody speaks in that time",
  suspect_media: "the file is damaged, or shorter than it says",
  truncated_media: "the file ends early",
  resized_extreme: "very long or very small: shown with bars, in tiles, or enlarged",
  not_asked_script: "in another script than the language asked for",
  exif_used: "the prompt held what the photo says of itself",
  equal_answer: "the same long answer was given for different media",
};
let opened = null; // place among the matches
let openedBy = null;

function openRow(place) {
  if (place < 0 || place >= matches.length) return;
  const dialog = byId("row");
  opened = place;
  state.cursor = place;
  if (!dialog.open) {
    openedBy = document.activeElement;
    dialog.showModal();
  }
  const row = matches[place];
  emptied(dialog);
  dialog.replaceChildren(bar(row, place), el("p", "none", "Loading"));
  needTexts(row)
    .then(() => detailsOf(row))
    .then((details) => opened === place && fill(dialog, row, place, details))
    .catch(() => dialog.lastChild.replaceWith(el("p", "none", "The details of this row are missing: report_files/ is not as it was made.")));
}

function bar(row, place) {
  const title = el("h2", null, idOf(row));
  title.id = "row-title";
  title.dir = "auto";
  const step = (by, label, key) => {
    const node = button(label, "quiet", () => openRow(place + by));
    node.disabled = place + by < 0 || place + by >= matches.length;
    node.setAttribute("aria-label", by < 0 ? "Previous row" : "Next row");
    node.title = key;
    return node;
  };
  const close = button("Close", "quiet", () => byId("row").close());
  return el("header", "bar", title, el("span", "place", `${grouped(place + 1)} of ${grouped(matches.length)}`), step(-1, "←", "k"), step(1, "→", "j"), close);
}

function fill(dialog, row, place, details) {
  const [, short, question, thumbs] = data.texts[row];
  const media = el("div", "media");
  (thumbs || []).forEach((thumb, number) => media.append(whole(thumb, details.originals?.[number], altOf(row))));
  const found = player(row, details);
  if (found) media.append(found.audio);
  if (details.missing) media.append(el("p", "none", `Not shown here: ${details.missing.join(", ")}.`));
  const text = details.text ?? short;
  const words = el("div", "words");
  if (question) words.append(said(question, "p", "asked"));
  if (found?.lines.length) words.append(el("ol", "lines", ...found.lines));
  else words.append(text ? said(text, "p", "said large") : answerOf(row));
  words.append(...judged(row, details));
  if (details.error) words.append(el("p", "error", el("strong", null, details.error[0]), " ", said(details.error[1] ?? "", "span", "")));
  words.append(facts(row, details));
  dialog.replaceChildren(bar(row, place), el("div", media.childNodes.length ? "sides" : "sides alone", ...(media.childNodes.length ? [media] : []), words));
  dialog.scrollTop = 0;
}

// The thumbnail, and over it the original as soon as it turns out to be there and to be a picture that a browser shows.
function whole(thumb, original, alt) {
  const frame = picture(thumb, alt);
  frame.classList.add("whole");
  if (!original) return frame;
  const link = el("a", "original", frame);
  link.href = original;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  if (/\.(jpe?g|png|webp|gif|avif|bmp)$/i.test(original)) sharpen(frame, original).catch(() => link.replaceWith(frame));
  return link;
}

async function sharpen(frame, original) {
  const canvas = drawing(null, "full");
  frame.append(canvas);
  await drawn(canvas, original, () => frame.closest(".media").clientWidth * devicePixelRatio);
  frame.classList.add("sharp");
}

function judged(row, details) {
  const nodes = [];
  const reference = data.index.reference && details.kept[data.index.columns.indexOf(data.index.reference)];
  if (reference !== null && reference !== undefined && reference !== "") {
    const met = data.index.right?.[row] === "1";
    nodes.push(el("p", "reference", el("span", met ? "met" : "missed", met ? "right" : "wrong"), " reference: ", said(String(reference), "span")));
  }
  const flags = flagsOf(row);
  if (flags.length) nodes.push(el("ul", "flags", ...flags.map((flag) => el("li", null, el("span", "badge", flag.replaceAll("_", " ")), " ", FLAG_WORDS[flag] ?? ""))));
  if (details.group !== undefined) {
    const group = data.index.twins[details.group];
    nodes.push(button(`Show the ${grouped(group.rows.length)} rows with this answer`, "quiet", () => { byId("row").close(); showGroup(details.group); }));
  }
  return nodes;
}

function facts(row, details) {
  const [read, made] = details.tokens ?? [];
  const [whole, speech, covered] = details.audio ?? [];
  const known = [
    ["status", STATUS_WORDS[statusOf(row)]],
    ["finish", details.finish],
    ["tokens", made === null || made === undefined ? null : `${made} generated, ${read} read`],
    ["seconds", details.seconds],
    ["attempts", details.attempts > 1 ? details.attempts : null],
    ["language", details.language],
    ["recording", whole === null || whole === undefined ? null : `${span(whole)}, of it speech ${span(speech ?? 0)}, transcribed ${span(covered ?? 0)}`],
    ["same as", details.same],
    ...data.index.columns.map((name, number) => [name, details.kept?.[number]]),
  ];
  const list = el("dl", "facts");
  for (const [name, value] of known) {
    if (value === null || value === undefined || value === "") continue;
    const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
    list.append(el("div", null, said(name, "dt", ""), said(shown, "dd", "")));
  }
  return list;
}
