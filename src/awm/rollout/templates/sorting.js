"use strict";
(() => {
  function valueIn(row, column) {
    const { dataset, textContent } = row.cells[column];
    const text = dataset.value ?? textContent.trim();
    const number = Number(text.replaceAll(",", "").replace("%", ""));
    return Number.isNaN(number) ? text : number;
  }

  function sort(table, heading) {
    const column = heading.cellIndex;
    // What there is most of comes first, but names from A.
    const [first, other] = column ? ["descending", "ascending"] : ["ascending", "descending"];
    const direction = heading.getAttribute("aria-sort") === first ? other : first;
    for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].map((row) => [valueIn(row, column), row]);
    rows.sort(([a], [b]) => sign * (a < b ? -1 : a > b ? 1 : 0));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const heading of table.tHead.rows[0].cells) {
      if (!heading.textContent) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      button.addEventListener("click", () => sort(table, heading));
      heading.replaceChildren(button);
    }
  }
})();
