// What all parts of the explorer share: asking the node, writing numbers, building tables.
// Everything that comes from the node is put in as text, never as markup.

// What is known of the chain: its symbol, and the newest block that was seen.
export const chain = { symbol: "", last: null };

export const at = id => document.getElementById(id);
export const set = (id, text) => { at(id).textContent = text; };

// Asks the node. A refusal is an error with the `code` of the API; one without a code says that the
// node is away.
export async function call(path, options) {
  const response = await fetch(path, options);
  const body = await response.json();
  if (!response.ok) {
    throw Object.assign(new Error(body.message || response.statusText), { code: body.code });
  }
  return body;
}
// The same where a refusal is something to show: the answer is then `{ error }`.
export const ask = path => call(path).catch(error => {
  if (error.code === undefined) throw error;
  return { error: error.message };
});

// Numbers for people. What is not there is a dash.
const DASH = "–";
const gone = value => value === undefined || value === null;
export const short = text => text ? text.slice(0, 10) + "…" : "";
export const number = value => gone(value) ? DASH : value.toLocaleString("en");
export const percent = ppm => gone(ppm) ? DASH
  : (ppm / 10000).toLocaleString("en", { maximumFractionDigits: 2 }) + " %";
// "12.5 CPC" without the symbol, which stands in the header; with six digits that say something, or
// without decimals.
const amount = display => Number(display.split(" ")[0]);
export const whole = display => gone(display) ? DASH : number(Math.floor(amount(display)));
export const exact = display => gone(display) ? DASH : amount(display).toLocaleString("en",
  amount(display) < 1000 ? { maximumSignificantDigits: 6 } : { maximumFractionDigits: 2 });
export const tokens = display => whole(display) + " " + chain.symbol;
export const kwh = wh => gone(wh) ? DASH
  : (wh / 1000).toLocaleString("en", { maximumFractionDigits: 3 });
export const clock = ms => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
export const moment = ms => new Date(ms).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
export const link = (text, url) => ({ text, url });
export const account = (address, url) => address ? link(short(address), url + address) : DASH;
// "2 gpu, 1 cpu" out of ["gpu", "cpu", "gpu"].
export function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) || 0) + 1);
  return [...counts].map(([name, count]) => number(count) + " " + name).join(", ");
}
// When a period is over.
export function until(due) {
  if (!due) return DASH;
  const parts = [];
  if (chain.last && due.height > chain.last.height) parts.push("block " + number(due.height));
  if (due.time > Date.now()) parts.push(new Date(due.time).toLocaleString());
  return parts.join(", ") || "over";
}

function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}
export const note = text => element("p", "soft", text);

// A column of numbers.
export const right = text => ({ text, name: "right" });
function content(cell) {
  if (gone(cell)) return DASH;
  if (typeof cell !== "object") return String(cell);
  const anchor = element("a", "", cell.text);
  anchor.href = cell.url;
  return anchor;
}
// A line of a table; `names` are the classes of its cells.
export function row(cells, names = []) {
  return element("tr", "", ...cells.map((cell, place) => element("td", names[place], content(cell))));
}
// A table of `{ columns, rows, bad }`, where `bad` says of a row whether it is to stand out.
export function table({ columns, rows, bad = [] }) {
  const heads = columns.map(column => typeof column === "string" ? { text: column } : column);
  const head = element("tr", "", ...heads.map(({ text, name }) => element("th", name, text)));
  const names = heads.map(({ name }) => name);
  const lines = rows.map((cells, place) => {
    const line = row(cells, names);
    if (bad[place]) line.classList.add("bad");
    return line;
  });
  return element("div", "scroll",
    element("table", "", element("thead", "", head), element("tbody", "", ...lines)));
}
// Puts a section in its place: a line, and parts of `{ title, columns, rows, empty, error, more }`. One
// with nothing in any of its parts is the line `empty`.
export function show(id, { line, parts, empty }) {
  const filled = parts.some(({ rows, error }) => error || rows.length);
  if (!filled) { at(id).replaceChildren(note(empty)); return; }
  const children = line ? [note(line)] : [];
  for (const of of parts) {
    if (of.title) children.push(element("h3", "", of.title));
    if (of.error || !of.rows.length) children.push(note(of.error || of.empty));
    else children.push(table(of));
    if (of.more) children.push(note(of.more));
  }
  at(id).replaceChildren(...children);
}
// What a page of the API leaves out.
export const further = (page, url) => page.next === undefined ? "" : "More: " + url;
