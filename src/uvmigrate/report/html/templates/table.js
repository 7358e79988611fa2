"use strict";
(() => {
  // A browser lays out some hundred rows in a moment, and thousands never as quickly: so many are shown at first.
  const FIRST = 200;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  for (const element of all("[data-needs-script]")) element.hidden = false;

  const body = document.querySelector("#repositories tbody");
  const rows = all("tr", body).map((element) => ({
    element,
    status: element.dataset.status,
    codes: new Set(element.dataset.codes.split(" ")),
    text: element.textContent.toLowerCase(),
    cells: [...element.cells].map((cell) => cell.textContent),
  }));
  let wanted = rows;
  let limit = FIRST;

  function show() {
    body.replaceChildren(...wanted.slice(0, limit).map((row) => row.element));
    const more = wanted.length - limit;
    byId("more").hidden = more <= 0;
    byId("more").textContent = `Show ${more} more`;
    byId("shown").textContent = `${wanted.length} of ${rows.length} repositories`;
  }

  function filter() {
    const statuses = new Set(all('input[name="status"]:checked').map((box) => box.value));
    const code = byId("code") ? byId("code").value : "";
    const text = byId("find").value.toLowerCase();
    wanted = rows.filter(
      (row) => statuses.has(row.status) && (!code || row.codes.has(code)) && row.text.includes(text),
    );
    limit = FIRST;
    show();
  }

  const heads = all("#repositories thead th");
  const collator = new Intl.Collator("en", { numeric: true });
  function sort(head, column) {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const number = head.dataset.kind === "number";
    const compare = number ? (a, b) => Number(a) - Number(b) : collator.compare;
    rows.sort((a, b) => (ascending ? 1 : -1) * compare(a.cells[column], b.cells[column]));
    filter();
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, column));
    head.replaceChildren(button);
  });
  for (const control of all("input, select")) control.addEventListener("input", filter);
  byId("more").addEventListener("click", () => { limit = wanted.length; show(); });
  addEventListener("beforeprint", () => { limit = wanted.length; show(); });
  filter();
})();
