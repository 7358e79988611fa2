"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const counted = (number, noun, nouns) => `${number} ${number === 1 ? noun : nouns}`;
  for (const element of all("[data-needs-script]")) element.hidden = false;

  // What to type: the whole series, or the codemods that are accepted.
  const steps = all(".step");
  const boxes = new Map(all('input[name="accept"]').map((box) => [box.value, box]));
  const stepOf = (id) => byId(`step-${id}`);
  const needs = (id) => stepOf(id).dataset.needs.split(" ").filter(Boolean);

  function settle(id) {
    // What needs a codemod goes with it, and what it needs comes with it.
    const accepted = boxes.get(id).checked;
    const others = accepted ? needs(id) : [...boxes.keys()].filter((other) => needs(other).includes(id));
    for (const other of others) {
      if (boxes.get(other).checked !== accepted) {
        boxes.get(other).checked = accepted;
        settle(other);
      }
    }
  }

  function command() {
    const accepted = [...boxes.keys()].filter((id) => boxes.get(id).checked);
    for (const step of steps) step.classList.toggle("skipped", !boxes.get(step.dataset.id).checked);
    const line = byId("command");
    const { whole, rest } = line.dataset;
    byId("accepted").textContent = `${accepted.length} of ${counted(steps.length, "codemod", "codemods")} accepted`;
    byId("copy").disabled = accepted.length === 0;
    if (accepted.length === steps.length) line.textContent = `uvmigrate --write ${whole}`;
    else if (accepted.length) line.textContent = `uvmigrate --write --select ${accepted.join(",")} ${rest}`;
    else line.textContent = "Nothing is accepted: nothing to type.";
  }

  async function copy() {
    const text = byId("command").textContent;
    try {
      await navigator.clipboard.writeText(text);
      byId("accepted").textContent = "Copied.";
    } catch {
      // A page from a file may not write to the clipboard everywhere: then it is marked, to be copied by hand.
      getSelection().selectAllChildren(byId("command"));
      byId("accepted").textContent = "Marked: copy it from here.";
    }
  }

  // Which codemods are shown.
  function filterSteps() {
    const levels = new Set(all('input[name="level"]:checked').map((box) => box.value));
    const file = byId("file").value;
    for (const step of steps) {
      const diffs = all(".diff", step);
      for (const diff of diffs) diff.hidden = file !== "" && diff.dataset.file !== file;
      step.hidden = !levels.has(step.dataset.level) || (file !== "" && diffs.every((diff) => diff.hidden));
    }
    const count = steps.filter((step) => !step.hidden).length;
    byId("shown-steps").textContent = count === steps.length ? "" : `${count} of ${steps.length} codemods shown`;
  }

  if (steps.length) {
    for (const [id, box] of boxes) {
      box.addEventListener("change", () => { settle(id); command(); });
    }
    for (const box of all('input[name="level"]')) box.addEventListener("change", filterSteps);
    byId("file").addEventListener("change", filterSteps);
    byId("copy").addEventListener("click", copy);
    command();
  }

  // Which entries of the ledger are shown.
  const entries = all("#entries tbody tr");
  function filterEntries() {
    const fates = new Set(all('input[name="fate"]:checked').map((box) => box.value));
    const text = byId("find").value.toLowerCase();
    for (const entry of entries) {
      entry.hidden = !fates.has(entry.dataset.fate) || !entry.textContent.toLowerCase().includes(text);
    }
    const count = entries.filter((entry) => !entry.hidden).length;
    byId("shown-entries").textContent = `${count} of ${counted(entries.length, "entry", "entries")} shown`;
  }
  if (entries.length) {
    for (const box of all('input[name="fate"]')) box.addEventListener("change", filterEntries);
    byId("find").addEventListener("input", filterEntries);
    filterEntries();
  }

  // Keys, where nobody is typing.
  function go(distance) {
    const shown = steps.filter((step) => !step.hidden);
    const here = shown.findIndex((step) => step.contains(document.activeElement));
    const next = shown[Math.min(Math.max(here + distance, 0), shown.length - 1)];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "start" });
    }
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("select, input[type=search]");
    if (!steps.length || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = document.activeElement && document.activeElement.closest(".step");
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "c") copy();
    else if (event.key === "x" && step) boxes.get(step.dataset.id).click();
    else return;
    event.preventDefault();
  });

  // Arrows from a stage to the stage that is FROM it, and to the instruction that copies from it.
  const SVG = "http://www.w3.org/2000/svg";
  function draw(graph) {
    for (const old of all(".arrows", graph)) old.remove();
    const frame = graph.getBoundingClientRect();
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "arrows");
    svg.setAttribute("aria-hidden", "true");
    let lane = 0;
    for (const target of all("[data-parent], [data-source]", graph)) {
      const source = byId(target.dataset.source || target.dataset.parent || "");
      if (!source) continue;
      const [from, to] = [source.getBoundingClientRect(), target.getBoundingClientRect()];
      const left = from.left - frame.left;
      const edge = to.left - frame.left - 2;
      const start = from.bottom - frame.top - 12;
      const end = to.top - frame.top + Math.min(to.height / 2, 18);
      const turn = left - 8 - 5 * (lane++ % 4);
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", `M ${left} ${start} H ${turn} V ${end} H ${edge - 6}`);
      const head = document.createElementNS(SVG, "path");
      head.setAttribute("class", "head");
      head.setAttribute("d", `M ${edge} ${end} l -8 -5 v 10 z`);
      svg.append(path, head);
    }
    graph.append(svg);
  }
  const drawAll = () => all(".graph").forEach(draw);
  drawAll();
  addEventListener("resize", drawAll);
  addEventListener("beforeprint", () => {
    for (const details of all("details.diff")) details.open = true;
    drawAll();
  });
  addEventListener("afterprint", drawAll);
})();
