"use strict";
(() => {
  const form = document.querySelector(".filters");
  const fields = form.elements;
  const episodes = [...document.querySelectorAll(".episode")].map((element) => ({
    element,
    text: null,
  }));

  const ticked = (name) =>
    new Set([...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value));

  function textOf(episode) {
    // Read when it is first searched: two hundred conversations are megabytes of text.
    episode.text ??= `${episode.element.dataset.world} ${episode.element.textContent}`.toLowerCase();
    return episode.text;
  }

  function fits(episode, wanted) {
    const { world, outcome, level } = episode.element.dataset;
    return (
      (!wanted.world || world === wanted.world) &&
      (!wanted.outcomes.size || wanted.outcomes.has(outcome)) &&
      (!wanted.levels.size || wanted.levels.has(level)) &&
      (!wanted.full || episode.element.tagName === "DETAILS") &&
      wanted.words.every((word) => textOf(episode).includes(word))
    );
  }

  function filter() {
    const wanted = {
      words: fields.text.value.toLowerCase().split(/\s+/).filter(Boolean),
      world: fields.world?.value,
      outcomes: ticked("outcome"),
      levels: ticked("level"),
      full: fields.full?.checked,
    };
    let shown = 0;
    for (const episode of episodes) {
      const fitting = fits(episode, wanted);
      episode.element.hidden = !fitting;
      shown += fitting;
    }
    document.querySelector(".empty").hidden = shown > 0 || !episodes.length;
    form.querySelector("output").value =
      shown === episodes.length ? "" : `${shown} of ${episodes.length} episodes shown`;
  }

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = episodes.length < 2;
})();
