// Walking by keyboard. The row that is walked to has the focus, so that a screen reader follows.
function items() {
  return [...byId("rows").querySelectorAll(".item .open")];
}

function focusCursor() {
  const node = items()[state.cursor - state.page * PAGE_ROWS];
  node?.focus({ preventScroll: true });
  node?.closest(".item").scrollIntoView({ block: "nearest" });
}

function onRows() {
  return byId("rows").contains(document.activeElement);
}

function walk(by) {
  if (!matches.length) return;
  const target = onRows() ? state.cursor + by : state.cursor;
  if (target < 0 || target >= matches.length) return;
  const page = Math.floor(target / PAGE_ROWS);
  if (page !== state.page) {
    state.page = page;
    show();
  }
  state.cursor = target;
  focusCursor();
}

function columns() {
  if (state.view !== "sheet") return 1;
  const cards = [...byId("rows").querySelectorAll(".item")];
  const next = cards.findIndex((node) => node.offsetTop > cards[0].offsetTop);
  return next < 0 ? cards.length : next;
}

const KEYS = {
  j: () => walk(1),
  k: () => walk(-1),
  ArrowDown: () => walk(columns()),
  ArrowUp: () => walk(-columns()),
  ArrowRight: () => (state.view === "sheet" ? walk(1) : turnPage(1)),
  ArrowLeft: () => (state.view === "sheet" ? walk(-1) : turnPage(-1)),
  n: () => turnPage(1),
  p: () => turnPage(-1),
  v: nextView,
  c: clearFilters,
  "/": () => { byId("query").focus(); byId("query").select(); },
  "?": () => byId("help").showModal(),
};
const ARROWS = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"];
const OPEN_KEYS = { j: 1, ArrowRight: 1, ArrowDown: 1, k: -1, ArrowLeft: -1, ArrowUp: -1 };

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !data.index) return;
  const field = event.target.closest("input, select, textarea");
  if (field) {
    if (event.key === "Escape" || (event.key === "Enter" && field.id === "query")) {
      field.blur();
      if (matches.length) focusCursor();
      event.preventDefault();
    }
    return;
  }
  if (byId("help").open || event.target.closest("audio")) return;
  if (byId("row").open) {
    const by = OPEN_KEYS[event.key];
    const scrolls = event.key === "ArrowDown" || event.key === "ArrowUp";
    if (by && !scrolls) { openRow(opened + by); event.preventDefault(); }
    else if (event.key === " " && !event.target.closest("button, a") && togglePlay(byId("row"))) event.preventDefault();
    return;
  }
  if (event.key === " " && onRows() && state.view === "recordings") {
    if (togglePlay(document.activeElement.closest(".item"))) event.preventDefault();
    return;
  }
  if (ARROWS.includes(event.key) && !onRows()) return; // the page scrolls
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
