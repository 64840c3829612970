// The page: filters and views above, one page of rows below.
const PAGE_ROWS = 48;
const VIEWS = { sheet: "Contact sheet", recordings: "Recordings", table: "Table" };

function pages() {
  return Math.max(1, Math.ceil(matches.length / PAGE_ROWS));
}

function showMatches() {
  findMatches();
  state.page = 0;
  state.cursor = 0;
  show();
}

function show() {
  const begin = state.page * PAGE_ROWS;
  const places = matches.slice(begin, begin + PAGE_ROWS);
  const missing = places.filter((row) => data.texts[row] === undefined);
  if (missing.length) {
    Promise.all(missing.map(needTexts)).then(() => show(), () => byId("rows").replaceChildren(el("p", "note", GONE)));
    return;
  }
  const make = { sheet: card, recordings: recording, table: answered }[state.view];
  emptied(byId("rows"));
  const nodes = places.map((row, number) => make(row, begin + number));
  const list = state.view === "table" ? tableOf(nodes) : el("ol", state.view, ...nodes);
  byId("rows").replaceChildren(nodes.length ? list : el("p", "none", "No row is like that."));
  byId("rows").dataset.view = state.view;
  counted(begin, places.length);
  paged();
  chosen();
}

function counted(begin, shown) {
  const all = data.index.rows;
  const found = matches.length === all ? `${grouped(all)} rows` : `${grouped(matches.length)} of ${grouped(all)} rows`;
  const range = matches.length > shown && shown ? `, ${grouped(begin + 1)} to ${grouped(begin + shown)} shown` : "";
  const search = state.query && data.loaded < all ? `; ${grouped(data.loaded)} searched so far` : "";
  const cut = state.query && data.index.searched ? `; of each answer the first ${grouped(data.index.searched)} characters` : "";
  byId("count").textContent = found + range + search + cut;
}

function paged() {
  const turn = (by, label) => {
    const node = button(label, "quiet", () => turnPage(by));
    node.disabled = state.page + by < 0 || state.page + by >= pages();
    return node;
  };
  const field = el("input");
  field.type = "number";
  field.min = "1";
  field.max = String(pages());
  field.value = String(state.page + 1);
  field.setAttribute("aria-label", "Page");
  field.addEventListener("change", () => turnPage(Math.min(pages(), Math.max(1, Number(field.value) || 1)) - 1 - state.page));
  byId("pager").replaceChildren(turn(-1, "← Previous"), el("span", null, field, ` of ${grouped(pages())}`), turn(1, "Next →"));
  byId("pager").hidden = pages() === 1;
}

function turnPage(by) {
  const page = state.page + by;
  if (page < 0 || page >= pages()) return false;
  state.page = page;
  state.cursor = page * PAGE_ROWS;
  show();
  byId("results").scrollIntoView({ block: "start" });
  return true;
}

function chosen() {
  byId("clear").hidden = !filtered();
  for (const node of byId("statuses").querySelectorAll("input")) node.checked = state.statuses.has(node.value);
  for (const node of byId("views").children) node.setAttribute("aria-pressed", String(node.dataset.view === state.view));
  byId("remark").value = state.group === null ? state.remark : "flag:equal_answer";
  byId("query").value = byId("query") === document.activeElement ? byId("query").value : state.query;
}

function clearFilters() {
  Object.assign(state, { query: "", remark: REMARK_ALL, group: null });
  state.statuses.clear();
  byId("query").value = "";
  showMatches();
}

function showGroup(group) {
  clearFilters();
  state.group = group;
  showMatches();
  byId("results").scrollIntoView({ block: "start" });
}

function showRemark(remark) {
  Object.assign(state, { remark, group: null });
  showMatches();
}

// ------------------------------------------------------------ what there is to choose from
function offerStatuses() {
  const { index } = data;
  const seen = new Map();
  for (const code of index.status) seen.set(code, (seen.get(code) ?? 0) + 1);
  byId("statuses").hidden = seen.size < 2;
  for (const [code, rows] of [...seen].sort()) {
    const box = el("input");
    box.type = "checkbox";
    box.value = code;
    box.addEventListener("change", () => {
      if (box.checked) state.statuses.add(code);
      else state.statuses.delete(code);
      showMatches();
    });
    const name = index.statuses[Number(code)];
    byId("statuses").append(el("label", `chip chip-${name}`, box, el("span", null, `${STATUS_WORDS[name]} `, el("b", null, grouped(rows)))));
  }
}

function offerRemarks() {
  const { index } = data;
  const counts = new Map();
  const add = (remark) => counts.set(remark, (counts.get(remark) ?? 0) + 1);
  for (let row = 0; row < index.rows; row++) {
    if (index.errors[row] >= 0) add(`error:${index.kinds[index.errors[row]]}`);
    if (index.right && index.right[row] !== "-") add(`right:${index.right[row]}`);
    if (index.flags[row]) for (const flag of flagsOf(row)) add(`flag:${flag}`);
  }
  const words = { "right:1": "right answers", "right:0": "wrong answers" };
  const options = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([remark, rows]) => [remark, `${words[remark] ?? remark.split(":")[1].replaceAll("_", " ")} (${grouped(rows)})`]);
  byId("remark").append(...[[REMARK_ALL, "any"], ...options].map(([value, label]) => new Option(label, value)));
  byId("remark").addEventListener("change", (event) => showRemark(event.target.value));
  byId("remark").parentElement.hidden = options.length === 0;
}

function offerViews() {
  const { index } = data;
  const views = [];
  if (index.pictures || index.task === "caption") views.push("sheet");
  if (index.task === "transcribe") views.push("recordings");
  views.push("table");
  state.view = index.task === "answer" ? "table" : views[0];
  for (const view of views) {
    const node = button(VIEWS[view], null, () => { state.view = view; show(); });
    node.dataset.view = view;
    byId("views").append(node);
  }
  byId("views").hidden = views.length === 1;
}

function nextView() {
  const views = [...byId("views").children].map((node) => node.dataset.view);
  state.view = views[(views.indexOf(state.view) + 1) % views.length];
  show();
}

function offerTwins() {
  const { twins } = data.index;
  if (!twins.length) return;
  const list = el("ul", null, ...twins.slice(0, 5).map((group, number) => el("li", null,
    said(group.text, "span"), " ", button(`${grouped(group.rows.length)} rows, ${grouped(group.media)} different media`, "quiet", () => showGroup(number)))));
  const more = twins.length > 5 ? el("p", "none", `and ${grouped(twins.length - 5)} other answers; the remark "equal answer" shows all their rows`) : null;
  byId("twins").append(el("h2", null, "The same long answer for different media"), list, more ?? "");
  byId("twins").hidden = false;
}
