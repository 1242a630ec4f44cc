"use strict";
(() => {
  const form = document.querySelector(".filters");
  const table = document.querySelector("table");
  const body = table.tBodies[0];
  const sections = [...document.querySelectorAll("details.world")];
  // Rows and sections come in the same order; rows may be sorted later.
  const worlds = [...body.rows].map((row, place) => ({ row, section: sections[place], text: null }));
  const fields = form.elements;

  const ticked = (name) =>
    new Set([...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value));

  function textOf(world) {
    // Read when it is first searched: a thousand worlds are ten megabytes of text.
    world.text ??= `${world.section.textContent}`.toLowerCase();
    return world.text;
  }

  function fits(world, words, grades, verdicts) {
    const { grade, verdicts: has } = world.row.dataset;
    return (
      (!grades.size || grades.has(grade)) &&
      (!verdicts.size || has.split(" ").some((verdict) => verdicts.has(verdict))) &&
      words.every((word) => textOf(world).includes(word))
    );
  }

  function filter() {
    const words = fields.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const grades = ticked("grade");
    const verdicts = ticked("verdict");
    let shown = 0;
    for (const world of worlds) {
      const fitting = fits(world, words, grades, verdicts);
      world.row.hidden = world.section.hidden = !fitting;
      shown += fitting;
    }
    for (const task of document.querySelectorAll("details.task")) {
      task.hidden = verdicts.size > 0 && !verdicts.has(task.dataset.verdict);
    }
    document.querySelector(".empty").hidden = shown > 0 || !worlds.length;
    form.querySelector("output").value =
      shown === worlds.length ? "" : `${shown} of ${worlds.length} worlds shown`;
  }

  function valueIn(row, column) {
    const cell = row.cells[column];
    const text = cell.textContent.trim();
    const number = Number(text.replaceAll(",", ""));
    return Number.isNaN(number) ? text : number;
  }

  function sort(heading) {
    const column = heading.cellIndex;
    // What there is most of comes first, but names and grades from A.
    const first = column < 2 ? "ascending" : "descending";
    const other = column < 2 ? "descending" : "ascending";
    const direction = heading.getAttribute("aria-sort") === first ? other : first;
    for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...body.rows].map((row) => [valueIn(row, column), row]);
    rows.sort(([a], [b]) => sign * (a < b ? -1 : a > b ? 1 : 0));
    body.append(...rows.map(([, row]) => row));
  }

  function openTarget() {
    const name = decodeURIComponent(location.hash.slice(1));
    const section = document.getElementById(name)?.closest("details.world");
    if (section && !section.open) {
      section.open = true;
      section.scrollIntoView();
    }
  }

  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sort(heading));
    heading.replaceChildren(button);
  }
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector('[name="open"]').addEventListener("click", () => {
    for (const { section } of worlds) section.open = !section.hidden;
  });
  form.querySelector('[name="close"]').addEventListener("click", () => {
    for (const { section } of worlds) section.open = false;
  });
  addEventListener("hashchange", openTarget);
  form.hidden = worlds.length < 2;
  openTarget();
})();
