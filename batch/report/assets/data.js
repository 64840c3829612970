// The data files. Each calls gemma4Report(kind, number, data); scripts are the one thing a page opened as a file may load.
const FILES = "report_files/";
const TEXT = 1, QUESTION = 2, THUMBS = 3; // fields of a row's texts; 0 is its id
const data = { index: null, texts: [], lower: [], loaded: 0, details: new Map() };
const waiting = new Map();
const KEPT_DETAILS = 40; // chunks of details kept in memory

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

async function detailsOf(row) {
  const ends = data.index.details;
  const number = ends.findIndex((end) => row < end);
  let chunk = data.details.get(number);
  if (chunk) data.details.delete(number);
  else {
    chunk = load("details", number);
    if (data.details.size >= KEPT_DETAILS) data.details.delete(data.details.keys().next().value);
  }
  data.details.set(number, chunk); // the one used last is dropped last
  try {
    return (await chunk)[row - (number ? ends[number - 1] : 0)];
  } catch (error) {
    data.details.delete(number);
    throw error;
  }
}
