// The data files. Each calls gemma4Report(kind, number, data); scripts are the one thing a page opened as a file may load.
const FILES = "report_files/";
const TEXT = 1, QUESTION = 2, THUMBS = 3; // fields of a row's texts; 0 is its id
const data = { index: null, texts: [], lower: [], loaded: 0 };
const waiting = new Map();

globalThis.gemma4Report = (kind, number, value) => {
  waiting.get(`${kind}-${number}`)?.arrived(value);
};

function load(kind, number) {
  const name = `${kind}-${number}`;
  const before = waiting.get(name);
  if (before) return before.promise;
  const entry = {};
  entry.promise = new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const end = (act, value) => { script.remove(); waiting.delete(name); act(value); };
    entry.arrived = (value) => end(resolve, value);
    script.addEventListener("error", () => end(reject, new Error(`${name} is missing`)));
    script.src = `${FILES}${kind}-${String(number).padStart(5, "0")}.js`;
    document.head.append(script);
  });
  waiting.set(name, entry);
  return entry.promise;
}

async function loadTexts(number) {
  const rows = await load("rows", number);
  const begin = number ? data.index.texts[number - 1] : 0;
  rows.forEach((row, place) => {
    data.texts[begin + place] = row;
    data.lower[begin + place] = [row[0], row[TEXT], row[QUESTION]].join("\n").toLowerCase();
  });
  data.loaded += rows.length;
}

// What was loaded last stays in memory, so much of each kind; what is wanted again is loaded again.
const kept = { details: new Map(), sheet: new Map() };
const KEPT_CHUNKS = { details: 40, sheet: 64 };

function chunkKept(kind, number) {
  const chunks = kept[kind];
  let chunk = chunks.get(number);
  if (chunk) chunks.delete(number);
  else {
    chunk = load(kind, number);
    chunk.catch(() => chunks.delete(number));
    if (chunks.size >= KEPT_CHUNKS[kind]) chunks.delete(chunks.keys().next().value);
  }
  chunks.set(number, chunk); // the one used last is dropped last
  return chunk;
}

function sheetOf(number) {
  return chunkKept("sheet", number);
}

async function detailsOf(row) {
  const ends = data.index.details;
  const number = ends.findIndex((end) => row < end);
  return (await chunkKept("details", number))[row - (number ? ends[number - 1] : 0)];
}
