// What is computed, metered, sold and decided: three sections of the explorer.

import { account, ask, call, chain, clock, counted, exact, further, kwh, link, moment, number,
  percent, right, show, until, whole } from "/explorer-parts.js";

const FEW = 10, SOME = 20;
// Slots of the market that are shown for a zone: before the present one, and behind it.
const SLOTS_BEFORE = 2, SLOTS_AHEAD = 1, ZONES = 3;

// A part of a section out of a page of the API, or out of the reason why there is none.
const part = (page, list, build, of) => ({
  rows: page.error ? [] : page[list].map(build), error: page.error,
  bad: page.error || !of.isBad ? [] : page[list].map(of.isBad), ...of,
});

function taskRow(task) {
  const { kind, m, n, k } = task.shape;
  const why = task.refund || task.reason;
  return [
    link(number(task.number), "/v1/compute/tasks/" + task.number), task.purpose,
    kind + " " + [m, n, k].join("×"), number(task.count), task.state + (why ? " (" + why + ")" : ""),
    account(task.worker, "/v1/compute/workers/"),
    task.purpose === "paid" ? exact(task.price_display) : undefined,
    task.times.created_ms === undefined ? undefined : moment(task.times.created_ms)];
}
function workerRow(worker) {
  const { devices, counters } = worker;
  const reports = devices.map(device => device.report.state).filter(state => state !== "none");
  return [
    account(worker.address, "/v1/compute/workers/"), worker.state,
    counted(devices.map(device => device.inventory.kind)) || "none",
    devices.map(device => device.score).join(", ") || undefined, counted(reports) || undefined,
    percent(worker.reputation), percent(worker.uptime), number(counters.accepted),
    number(counters.wrong), number(worker.tasks.length)];
}
async function compute() {
  const [sums, tasks, workers] = await Promise.all([
    ask("/v1/compute/summary"), ask("/v1/compute/tasks?limit=" + FEW),
    ask("/v1/compute/workers?limit=" + SOME)]);
  const some = (sums.states || []).filter(({ count }) => count > 0);
  const states = some.map(({ state, count }) => number(count) + " " + state).join(", ");
  show("compute", {
    line: sums.error || number(sums.workers) + " workers with " + number(sums.gpus)
      + " graphics processors and " + number(sums.cpus) + " processors that may work; "
      + number(sums.tasks) + " tasks" + (states ? " (" + states + ")" : "") + "; "
      + number(sums.verifying) + " results await votes; pool of this epoch "
      + exact(sums.pool.amount_display) + " " + chain.symbol,
    empty: "No workers and no tasks yet: `althing worker run` works, `althing compute submit` orders.",
    parts: [
      part(tasks, "tasks", taskRow, {
        title: "Tasks", empty: "No tasks yet.", more: further(tasks, "/v1/compute/tasks"),
        isBad: task => task.state === "failed" || task.state === "disproved",
        columns: [
          "Task", "Purpose", "Shape (m×n×k)", right("Products"), "State", "Worker",
          right("Price, " + chain.symbol + " a product"), "Created"],
      }),
      part(workers, "workers", workerRow, {
        title: "Workers", empty: "No workers yet.", more: further(workers, "/v1/compute/workers"),
        isBad: worker => worker.state === "banned",
        columns: [
          "Account", "State", "Devices", right("Scores, of 100"), "Reports signed by chips",
          right("Reputation"), right("Uptime"), right("Accepted"), right("Wrong"), right("Open tasks")],
      }),
    ],
  });
}

const sum = (list, field) => list.reduce((all, entry) => all + entry[field], 0);
// Offers, orders and energy of a slot, and how it was cleared. The book of a cleared slot is gone.
function marketRow(market, nowMs) {
  const { cleared, offers, orders, credits } = market;
  const state = cleared ? "cleared" : market.slot * 1000 > nowMs ? "ahead"
    : market.ends * 1000 > nowMs ? "runs" : "clears after " + clock(market.clears * 1000);
  const price = cleared && cleared.sales ? exact(cleared.price_display) : undefined;
  return [
    market.zone, moment(market.slot * 1000), state,
    cleared ? undefined : kwh(sum(offers, "wh")), cleared ? undefined : kwh(sum(orders, "wh")),
    kwh(sum(credits, "available")) + (market.next === undefined ? "" : "+"), price,
    cleared ? kwh(cleared.wh) : undefined, cleared ? number(cleared.sales) : undefined];
}
const slotRow = slot => [
  slot.zone, moment(slot.slot * 1000), "cleared", undefined, undefined, undefined,
  slot.sales ? exact(slot.price_display) : undefined, kwh(slot.wh), number(slot.sales)];
const tariffRow = tariff => [
  tariff.name || account(tariff.provider, "/v1/energy/providers/"), tariff.zone,
  exact(tariff.price_display), kwh(tariff.wh)];
const providerRow = provider => [
  link(provider.name || provider.address, "/v1/energy/providers/" + provider.address), provider.zone,
  provider.state, number(provider.meters), percent(provider.reputation.score),
  kwh(provider.counters.attested_wh), kwh(provider.counters.sold_wh), number(provider.pending)];
const oracleRow = oracle => [
  link(oracle.name || oracle.address, "/v1/energy/oracles/" + oracle.address),
  oracle.leaving ? "leaves" : oracle.weight ? "admitted" : "waits for its admission",
  percent(oracle.part), number(oracle.counters.agreed), number(oracle.counters.contradicted),
  number(oracle.counters.overruled), number(oracle.counters.absent),
  oracle.reported ? moment(oracle.reported_at) + (oracle.stale ? " (stale)" : "") : "never"];
const batchRow = batch => [
  link(number(batch.number), "/v1/energy/batches/" + batch.number),
  account(batch.provider, "/v1/energy/providers/"), moment(batch.time_ms),
  batch.closed !== undefined || batch.over ? "over" : "open", number(batch.count), kwh(batch.wh),
  kwh(batch.attested_wh), number(batch.undecided), number(batch.refused), number(batch.expired),
  number(batch.disproved)];

// The slots of the zones that have something in them, and those that were cleared last.
async function market(energy, slots, providers) {
  const of = page => page.error ? [] : page;
  const known = [...(of(slots).slots || []), ...(of(providers).providers || [])];
  const zones = [...new Set(known.map(({ zone }) => zone))].slice(0, ZONES);
  const begins = [];
  if (energy.settlement.mode === "batch") {
    for (let step = SLOTS_AHEAD; step >= -SLOTS_BEFORE; step--) begins.push(energy.slot + step * energy.slot_s);
  }
  const found = await Promise.all(zones.flatMap(zone => begins.map(slot =>
    ask("/v1/energy/market?limit=100&zone=" + encodeURIComponent(zone) + "&slot=" + slot))));
  const held = found.filter(({ error, offers, orders, credits, cleared }) =>
    !error && (offers.length || orders.length || credits.length || cleared));
  const shown = new Set(held.map(({ zone, slot }) => zone + " " + slot));
  const older = (of(slots).slots || []).filter(({ zone, slot }) => !shown.has(zone + " " + slot));
  return {
    title: "Market", empty: "Nothing is offered, ordered or cleared.", error: slots.error,
    rows: [...held.map(each => marketRow(each, energy.time_ms)), ...older.map(slotRow)],
    columns: [
      "Zone", "Slot begins", "State", right("Offered, kWh"), right("Ordered, kWh"), right("Attested, kWh"),
      right("Price, " + chain.symbol + " a kWh"), right("Sold, kWh"), right("Sales")],
  };
}
function energyLine(energy) {
  const { sums, counts, settlement } = energy;
  const rules = settlement.mode === "batch"
    ? "slots of " + energy.slot_s / 60 + " min are cleared at one price"
    : "energy is sold at once, at posted tariffs";
  const things = counts ? "; " + number(counts.meters) + " meters, " + number(counts.open_batches)
    + " open batches, " + number(counts.open_disputes) + " open disputes" : "";
  return rules + "; attested " + kwh(sums.attested_wh) + " kWh, sold " + kwh(sums.sold_wh)
    + " kWh, open " + kwh(sums.open_wh) + " kWh, undecided " + kwh(sums.pending_wh) + " kWh" + things;
}
async function energy() {
  const [sums, slots, providers, oracles, batches, tariffs] = await Promise.all([
    call("/v1/energy"), ask("/v1/energy/slots?limit=" + FEW), ask("/v1/energy/providers?limit=" + SOME),
    ask("/v1/energy/oracles?limit=" + SOME), ask("/v1/energy/batches?limit=" + FEW),
    ask("/v1/energy/tariffs?limit=" + FEW)]);
  const parts = [
    await market(sums, slots, providers),
    part(providers, "providers", providerRow, {
      title: "Providers", empty: "No providers yet.", more: further(providers, "/v1/energy/providers"),
      isBad: provider => provider.state === "suspended",
      columns: [
        "Name", "Zone", "State", right("Meters"), right("Reputation"), right("Attested, kWh"),
        right("Sold, kWh"), right("Undecided readings")],
    }),
    part(oracles, "oracles", oracleRow, {
      title: "Oracles", empty: "No oracles yet.", more: further(oracles, "/v1/energy/oracles"),
      columns: [
        "Name", "State", right("Part of all weights"), right("Agreed"), right("Contradicted"),
        right("Overruled"), right("Absent"), "Last report"],
    }),
    part(batches, "batches", batchRow, {
      title: "Batches of readings", empty: "No readings yet.",
      more: further(batches, "/v1/energy/batches"), isBad: batch => batch.refused + batch.disproved > 0,
      columns: [
        "Batch", "Provider", "Came", "State", right("Readings"), right("Counted, kWh"),
        right("Attested, kWh"), right("Undecided"), right("Refused"), right("Expired"),
        right("Disproved")],
    }),
  ];
  const selling = part(tariffs, "tariffs", tariffRow, {
    title: "Tariffs", empty: "", more: further(tariffs, "/v1/energy/tariffs"),
    columns: ["Provider", "Zone", right("Price, " + chain.symbol + " a kWh"), right("Left, kWh")],
  });
  if (selling.rows.length) parts.splice(1, 0, selling);
  show("energy", {
    line: energyLine(sums), parts,
    empty: "No providers, oracles or readings yet: `althing energy --help` says how to become one.",
  });
}

// Yes, no or abstain of both houses: stake in tokens, and validators.
function votes({ stake, validators }, name) {
  const parts = [];
  if (stake) parts.push(whole(stake[name + "_display"]));
  if (validators) parts.push(number(validators[name] / 1000000) + " of " + number(validators.total) + " validators");
  return parts.join("; ") || undefined;
}
const proposalRow = proposal => [
  number(proposal.number), link(proposal.title, "/v1/governance/proposals/" + proposal.number),
  proposal.kind, proposal.status, votes(proposal.tally, "yes"), votes(proposal.tally, "no"),
  votes(proposal.tally, "abstain"), votes(proposal.tally, "veto"), proposal.tally.outcome,
  proposal.status === "waiting" ? "begins with the next epoch" : until(proposal.due)];
const OPEN = ["voting", "waiting", "queued"];
async function governance() {
  const path = "/v1/governance/proposals";
  const pages = await Promise.all(OPEN.map(state => ask(path + "?limit=" + SOME + "&status=" + state)));
  let proposals = pages.flatMap(page => page.proposals || []);
  if (pages.some(({ error }) => error)) {
    // Without an index the node knows the newest ones, whatever became of them.
    const page = await call(path + "?limit=100");
    proposals = page.proposals.filter(({ status }) => OPEN.includes(status));
  }
  const more = pages.map(page => page.error ? "" : further(page, path)).find(text => text);
  const of = vote => right(vote + ", " + chain.symbol);
  show("governance", {
    empty: "No open proposals.",
    parts: [{
      rows: proposals.map(proposalRow), more,
      columns: [
        "Number", "Title", "Kind", "State", of("Yes"), of("No"), of("Abstain"), of("Veto"),
        "Would end now", "Vote ends, or it happens"],
    }],
  });
}

// Each section with the topics of the event stream that change it.
export const SECTIONS = [
  { id: "compute", fill: compute, topics: ["task", "worker"] },
  { id: "energy", fill: energy, topics: ["energy"] },
  { id: "governance", fill: governance, topics: ["governance"] },
];
