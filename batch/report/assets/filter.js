// Which rows are shown, in which order. All of them are looked at, every time: a hundred thousand take milliseconds.
const REMARK_ALL = "";
const state = { query: "", statuses: new Set(), remark: REMARK_ALL, group: null, order: "input", view: "", page: 0, cursor: 0 };
const ORDERS = { input: "as in the source", longest: "longest answer first", shortest: "shortest answer first", slowest: "slowest first" };
let matches = [];

function filtered() {
  return Boolean(state.query || state.statuses.size || state.remark || state.group !== null);
}

function findMatches() {
  const { index, lower } = data;
  const words = state.query.toLowerCase().normalize("NFC").split(/\s+/).filter(Boolean);
  const wanted = remarkTest(state.remark);
  const rows = state.group === null ? null : index.twins[state.group].rows;
  const found = [];
  const look = (row) => {
    if (state.statuses.size && !state.statuses.has(index.status[row])) return;
    if (wanted && !wanted(row)) return;
    if (words.length) {
      const text = lower[row];
      if (text === undefined || !words.every((word) => text.includes(word))) return;
    }
    found.push(row);
  };
  if (rows) rows.forEach(look);
  else for (let row = 0; row < index.rows; row++) look(row);
  matches = ordered(found);
}

// A remark is `flag:truncated`, `error:undecodable`, `right:0`; empty for all rows.
function remarkTest(remark) {
  const { index } = data;
  const [kind, name] = remark.split(":");
  if (kind === "flag") {
    const bit = 1 << index.flagNames.indexOf(name);
    return (row) => Boolean(index.flags[row] & bit);
  }
  if (kind === "error") {
    const number = index.kinds.indexOf(name);
    return (row) => index.errors[row] === number;
  }
  if (kind === "right") return (row) => index.right[row] === name;
  return null;
}

function ordered(rows) {
  const { lengths, seconds } = data.index;
  if (state.order === "longest") return rows.sort((a, b) => lengths[b] - lengths[a] || a - b);
  if (state.order === "shortest") return rows.sort((a, b) => lengths[a] - lengths[b] || a - b);
  if (state.order === "slowest") return rows.sort((a, b) => seconds[b] - seconds[a] || a - b);
  return rows;
}

function flagsOf(row) {
  return data.index.flagNames.filter((_, bit) => data.index.flags[row] & (1 << bit));
}

function errorOf(row) {
  return data.index.kinds[data.index.errors[row]] ?? null;
}
