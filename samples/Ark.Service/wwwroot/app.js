"use strict";

const element = id => document.getElementById(id);
const [drop, file, status, error, heads, view] = ["drop", "file", "status", "error", "heads", "view"].map(element);
let picture = null;    // what was chosen last: a Blob that stays in this page
let turn = 0;          // answers to earlier pictures are not shown
let asked = null;      // the label whose map was shown last
let limit = 50 * 1024 * 1024;

const megabytes = bytes => `${Math.round(bytes / 1024 / 1024 * 10) / 10} MB`;

async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, body ? { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } } : undefined);
  } catch {
    throw new Error("The service did not answer. Is it still running?");
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `The service answered with status ${response.status}.`);
}

async function show(chosen) {
  const mine = ++turn;
  error.textContent = "";
  heads.replaceChildren();
  view.hidden = true;
  asked = picture = null;
  if (!chosen) return;
  if (chosen.size > limit) return fail(mine, new Error(`The file is larger than ${megabytes(limit)}, the most that this service takes.`));
  status.textContent = "Reading the radiograph …";
  try {
    const answer = await (await ask("predictions", chosen)).json();
    if (mine !== turn) return;
    picture = chosen;
    list(answer.heads);
    const first = answer.heads.flatMap(h => h.labels.map(l => ({ head: h.name, ...l }))).sort((a, b) => b.probability - a.probability)[0];
    status.textContent = `${answer.heads.length} heads answered. Choose a label to see where it is seen.`;
    if (first) asked = { head: first.head, label: first.name };
    await overlay(mine);
  } catch (e) {
    fail(mine, e);
  }
}

function fail(mine, e) {
  if (mine !== turn) return;
  status.textContent = "No answer.";
  error.textContent = e.message;
}

function list(answers) {
  for (const head of answers) {
    const title = document.createElement("h3");
    title.textContent = head.name + " ";
    const badge = document.createElement("span");
    badge.className = "badge";
    const calibrated = head.labels.every(l => l.calibrated);
    badge.textContent = (calibrated ? "calibrated" : "not calibrated: for ordering only") + (head.exclusive ? ", one of these" : "");
    title.append(badge);
    const labels = document.createElement("ul");
    labels.setAttribute("aria-label", head.name);
    for (const label of head.labels) labels.append(row(head, label));
    heads.append(title, labels);
  }
}

function row(head, label) {
  const percent = (100 * label.probability).toFixed(1);
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", `${label.name}: ${percent} percent${label.calibrated ? "" : ", not calibrated"}. Show the heat map`);
  button.dataset.head = head.name;
  button.dataset.label = label.name;
  if (!label.calibrated) button.className = "raw";
  const name = document.createElement("span");
  name.textContent = label.name;
  const bar = document.createElement("span");
  bar.className = "bar";
  const fill = document.createElement("i");
  fill.style.width = `${percent}%`;
  bar.append(fill);
  const value = document.createElement("span");
  value.className = "value";
  value.textContent = `${percent} %`;
  button.append(name, bar, value);
  button.addEventListener("click", () => {
    asked = { head: head.name, label: label.name };
    element("maps").checked = true;
    overlay(turn);
  });
  const item = document.createElement("li");
  item.append(button);
  return item;
}

async function overlay(mine) {
  const outlines = element("outlines").checked;
  for (const button of heads.querySelectorAll("button")) button.setAttribute("aria-pressed", String(!outlines && button.dataset.head === asked?.head && button.dataset.label === asked?.label));
  error.textContent = "";
  const wanted = asked;
  // What was asked for before is neither shown nor complained about.
  const stillWanted = () => mine === turn && outlines === element("outlines").checked && (outlines || wanted === asked);
  try {
    if (outlines) {
      const found = await (await ask("structures", picture)).json();
      if (stillWanted()) outline(found);
    } else if (wanted) {
      const map = await (await ask(`heatmaps?${new URLSearchParams(wanted)}`, picture)).json();
      if (stillWanted()) explain(map);
    }
  } catch (e) {
    if (stillWanted()) fail(mine, e);
  }
}

function explain(map) {
  draw(map, `Heat map of ${map.label}`, map.evidence
    ? `${map.label} (${map.head}): what the network looked at, not that it was right to.`
    : `${map.label} (${map.head}): nothing in the picture speaks for it.`);
}

function outline(found) {
  const ratio = found.cardiothoracicRatio;
  draw(found, "Outlines of " + found.structures.map(s => s.name).join(", "),
    ratio === null ? "No cardiothoracic ratio: heart or lungs were not found." : `Cardiothoracic ratio ${ratio.toFixed(2)}, by what the network outlined.`);
  element("structures").replaceChildren(...found.structures.map(structure => {
    const item = document.createElement("li");
    const swatch = document.createElement("i");
    swatch.style.background = structure.colour;
    item.append(swatch, `${structure.name}: ${(100 * structure.share).toFixed(1)} % of the picture`);
    return item;
  }));
}

function draw(answer, name, caption) {
  element("radiograph").src = answer.picture;
  element("overlay").src = answer.overlay;
  element("overlay").alt = name;
  element("caption").textContent = caption;
  element("structures").hidden = element("maps").checked;
  element("legend").hidden = !element("maps").checked;
  view.hidden = false;
}

// Without a value, the same file can be chosen again.
file.addEventListener("click", () => { file.value = ""; });
file.addEventListener("change", () => show(file.files[0]));
for (const name of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, e => {
    e.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop" && e.dataTransfer.files.length) show(e.dataTransfer.files[0]);
  });
}
for (const layer of ["maps", "outlines"]) element(layer).addEventListener("change", () => picture && overlay(turn));
element("strength").addEventListener("input", e => { element("overlay").style.opacity = e.target.value / 100; });
element("phantom").addEventListener("click", async () => {
  const mine = ++turn;
  try {
    const rendered = await (await ask("phantom")).blob();
    if (mine === turn) show(rendered);
  } catch (e) {
    fail(mine, e);
  }
});
ask("health").then(r => r.json()).then(health => {
  limit = health.maxUploadBytes;
  element("limit").textContent = `, up to ${megabytes(limit)}`;
  element("demonstration").hidden = !health.demonstration;
  element("layers").hidden = !health.structures.length;
}).catch(e => fail(turn, e));
