// The explorer: what the node says of itself, blocks as they come, validators, peers, and the sections
// of `explorer-sections.js`.

import { at, call, chain, note, number, percent, right, row, set, short, show, tokens, until, whole }
  from "/explorer-parts.js";
import { SECTIONS } from "/explorer-sections.js";

const SHOWN = 20, WINDOW_MS = 10000;
// What is asked for anew, and how often at most, in milliseconds. A section is asked for when the stream
// said that something in it happened, and now and then because time passes. A page that nobody sees
// asks for nothing.
const STATUS_MS = 3000, VALIDATORS_MS = 5000, SECTION_MS = 6000, IDLE_MS = 30000;
let recent = [];

function addBlock(block) {
  if (chain.last !== null && block.height <= chain.last.height) return;
  chain.last = block;
  recent.push(block);
  const list = at("blocks");
  list.prepend(row([
    { text: number(block.height), url: "/v1/blocks/" + block.height },
    new Date(block.time_ms).toLocaleTimeString(),
    { text: number(block.transaction_count), url: "/v1/blocks/" + block.height + "/transactions" },
    number(block.gas_used), short(block.leader), short(block.hash)], ["", "", "right", "right"]));
  while (list.children.length > SHOWN) list.lastChild.remove();
  set("height", number(block.height));
  set("epoch", number(block.epoch));
}
function tick() {
  const last = chain.last;
  if (!last) return;
  const now = Date.now();
  set("age", Math.max(0, (now - last.time_ms) / 1000).toFixed(1) + " s");
  recent = recent.filter(block => block.time_ms > last.time_ms - WINDOW_MS || block === last);
  if (recent.length < 2) { set("rate", "–"); set("interval", "–"); return; }
  const span = last.time_ms - recent[0].time_ms;
  const count = recent.slice(1).reduce((sum, block) => sum + block.transaction_count, 0);
  set("rate", number(Math.round(count * 1000 / Math.max(span, 1))));
  set("interval", Math.round(span / (recent.length - 1)) + " ms");
}
// Performance is the part of its turns that a validator used, uptime the part of its node's
// heartbeats that came.
const validatorRow = validator => [
  number(validator.rank),
  { text: validator.name || short(validator.key), url: "/v1/validators/" + validator.key },
  whole(validator.tokens_display), percent(validator.share), percent(validator.commission),
  percent(validator.score), percent(validator.registry_score), validator.status,
  validator.status === "jailed" ? until(validator.jailed_until) : undefined];
// All of them, a page at a time; the largest stake comes first.
async function allValidators() {
  const all = [];
  for (let offset = "0"; ;) {
    const page = await call("/v1/validators?limit=100&offset=" + offset);
    all.push(...page.validators);
    if (!page.next) return { ...page, validators: all };
    offset = page.next;
  }
}
async function refreshValidators() {
  const { validators, bonded_display, quorum } = await allValidators();
  const count = status => validators.filter(validator => validator.status === status).length;
  show("validators", {
    line: number(count("active")) + " active, " + number(count("jailed")) + " jailed, "
      + number(validators.length) + " registered; quorum " + number(quorum)
      + ", staked " + tokens(bonded_display),
    empty: "No validators.",
    parts: [{
      rows: validators.map(validatorRow),
      bad: validators.map(({ status }) => status === "jailed" || status === "ejected"),
      columns: [
        "Rank", "Name", right("Stake, " + chain.symbol), right("Share"), right("Commission"),
        right("Performance"), right("Uptime"), "Status", "Jailed until"],
    }],
  });
}
async function refreshStatus() {
  const status = await call("/v1/status");
  set("mempool", number(status.mempool_transactions));
  set("peers", number(status.peers));
  const { peers } = await call("/v1/peers");
  show("peerlist", {
    empty: "No peers.",
    parts: [{
      rows: peers.map(peer => [
        short(peer.key), peer.endpoint,
        peer.banned ? "shut out: " + peer.banned : peer.connected ? "connected" : "away",
        number(peer.height), peer.latency_ms == null ? undefined : peer.latency_ms.toFixed(1) + " ms",
        peer.version]),
      columns: ["Key", "Endpoint", "State", right("Height"), right("Latency"), "Version"],
    }],
  });
}

// Everything that is asked for anew: what fills it, the least time between two times, and the time after
// which it is asked for although nothing happened.
const jobs = [
  { id: "peerlist", fill: refreshStatus, least: STATUS_MS, most: STATUS_MS, topics: [] },
  { id: "validators", fill: refreshValidators, least: VALIDATORS_MS, most: VALIDATORS_MS, topics: [] },
  ...SECTIONS.map(section => ({ ...section, least: SECTION_MS, most: IDLE_MS })),
].map(job => ({ ...job, asked: 0, changed: true, busy: false }));
function work() {
  if (document.hidden) return;
  const now = Date.now();
  for (const job of jobs) {
    const wait = job.changed ? job.least : job.most;
    if (job.busy || now - job.asked < wait) continue;
    Object.assign(job, { busy: true, asked: now, changed: false });
    job.fill().catch(error => {
      job.changed = true;
      // Where the node is away the dot says so, and what was shown stays.
      if (error.code !== undefined) at(job.id).replaceChildren(note(error.message));
    }).finally(() => { job.busy = false; });
  }
}
function listen() {
  const topics = [...new Set(jobs.flatMap(job => job.topics))];
  const events = new EventSource("/v1/events?topics=" + ["block", ...topics].join(","));
  events.onopen = () => at("dot").classList.add("on");
  events.onerror = () => at("dot").classList.remove("on");
  events.addEventListener("block", event => addBlock(JSON.parse(event.data)));
  const changed = name => {
    for (const job of jobs) if (name === undefined || job.topics.includes(name)) job.changed = true;
  };
  for (const name of topics) events.addEventListener(name, () => changed(name));
  // Nobody knows what was missed.
  events.addEventListener("lagged", () => changed());
}
async function start() {
  try {
    const version = await call("/v1/version");
    chain.symbol = version.symbol;
    set("chain", version.chain_id);
    document.title = version.chain_id;
    set("software", "althing " + version.version + " (" + version.commit.slice(0, 8) + ")");
    const { blocks } = await call("/v1/blocks?limit=" + SHOWN);
    blocks.reverse().forEach(addBlock);
  } catch (error) { setTimeout(start, 2000); return; }
  listen();
  work();
  setInterval(work, 500);
  setInterval(tick, 250);
}

function answer(id, ask) {
  const out = at(id);
  out.classList.remove("bad");
  out.textContent = "…";
  ask().then(text => { out.textContent = text; }, error => {
    out.classList.add("bad");
    out.textContent = error.message;
  });
}
const pretty = value => JSON.stringify(value, null, 2);
// What an account is besides: a worker, a provider or an oracle of energy; and what it did last.
const ROLES = ["/v1/compute/workers/", "/v1/energy/providers/", "/v1/energy/oracles/"];
async function account(hit) {
  const paths = [...ROLES.map(role => role + hit.id), hit.url + "/transactions?limit=10"];
  const found = await Promise.all(paths.map(path => call(path).catch(() => null)));
  return found.filter(value => value !== null).map(pretty);
}
at("search").addEventListener("submit", event => {
  event.preventDefault();
  const query = at("query").value.trim();
  if (!query) return;
  answer("found", async () => {
    const { results } = await call("/v1/search?q=" + encodeURIComponent(query));
    if (!results.length) throw new Error("Nothing here has this name.");
    const parts = [];
    for (const hit of results) {
      parts.push(pretty(await call(hit.url)));
      if (hit.kind === "account") parts.push(...await account(hit));
    }
    return parts.join("\n\n");
  });
});
at("faucet").addEventListener("submit", event => {
  event.preventDefault();
  const address = at("receiver").value.trim();
  if (!address) return;
  answer("sent", async () => {
    const { hash } = await call("/v1/faucet", {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ address }) });
    for (let round = 0; round < 40; round++) {
      const found = await call("/v1/transactions/" + hash);
      if (found.status !== "pending" && found.status !== "unknown") return pretty(found);
      await new Promise(resolve => setTimeout(resolve, 250));
    }
    return "Sent, not final yet: " + hash;
  });
});
start();
