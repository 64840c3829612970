// From an empty page to the first rows; the rest of the texts follow while somebody looks.
const GONE = "The rows are not here: report_files/ must lie beside this page, as it was made.";
const chunkLoads = [];

function chunkOf(row) {
  const number = data.index.texts.findIndex((end) => row < end);
  chunkLoads[number] ??= loadTexts(number);
  return chunkLoads[number];
}

function needTexts(row) {
  return data.texts[row] === undefined ? chunkOf(row) : Promise.resolve();
}

async function start() {
  for (const node of document.querySelectorAll("[data-share]")) node.style.flexGrow = node.dataset.share;
  try {
    data.index = await load("index", 0);
    offerStatuses();
    offerRemarks();
    offerViews();
    offerTwins();
    byId("order").append(...Object.entries(ORDERS).map(([value, label]) => new Option(label, value)));
    listen();
    findMatches();
    show();
    for (let number = 0, begin = 0; number < data.index.texts.length; begin = data.index.texts[number++]) {
      await needTexts(begin);
      if (state.query) showMatches();
    }
    document.documentElement.dataset.loaded = "all";
  } catch {
    byId("rows").replaceChildren(el("p", "note", GONE));
  }
}

function listen() {
  byId("query").addEventListener("input", (event) => { state.query = event.target.value; showMatches(); });
  byId("order").addEventListener("change", (event) => { state.order = event.target.value; showMatches(); });
  byId("clear").addEventListener("click", clearFilters);
  byId("show-help").addEventListener("click", () => byId("help").showModal());
  byId("rows").addEventListener("focusin", (event) => {
    const place = items().indexOf(event.target.closest(".item")?.querySelector(".open"));
    if (place >= 0) state.cursor = state.page * PAGE_ROWS + place;
  });
  byId("row").addEventListener("close", () => {
    playing?.pause();
    state.cursor = opened; // the browser has given the focus back to the row it was opened from
    const page = Math.floor(state.cursor / PAGE_ROWS);
    if (page !== state.page) { state.page = page; show(); }
    if (openedBy?.isConnected && openedBy !== document.body) focusCursor();
    emptied(byId("row"));
    byId("row").replaceChildren();
    opened = null;
  });
  for (const node of document.querySelectorAll("[data-facet]")) {
    node.addEventListener("click", () => {
      showRemark(`${node.dataset.facet}:${node.dataset.name}`);
      byId("results").scrollIntoView({ block: "start" });
    });
  }
  document.addEventListener("keydown", onKey);
}

start();
