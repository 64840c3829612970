// Elements are built, never parsed: what a row says can only ever become text.
function el(tag, classes, ...children) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

function button(label, classes, act) {
  const node = el("button", classes, label);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

function said(text, tag = "p", classes = "said") {
  const node = el(tag, classes, text);
  node.dir = "auto"; // the direction of the language it is in
  return node;
}

const byId = (id) => document.getElementById(id);
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

// 0.8 s, 42 s, 1:02:03
function span(seconds) {
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : clock(seconds);
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${hours ? two(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
