// What the theme and MathJax leave undone for readers without a mouse or without sight.
"use strict";

(() => {
  // Names that differ from the text they stand for, and roles of lists whose items are none.
  const LABELLED = ".search-button-field, .theme-switch-button, .cell > details > summary";
  document.querySelectorAll(LABELLED).forEach((element) => element.removeAttribute("aria-label"));
  document.querySelectorAll(".citation-list").forEach((element) => element.removeAttribute("role"));

  // Boxes whose content is wider than they are can be reached by keyboard, to be scrolled.
  const BOXES = ".bd-article :is(mjx-container[display], .pst-scrollable-table-container, pre, .output, div.math, .swipe)";
  function markScrollable() {
    for (const box of document.querySelectorAll(BOXES)) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }
  addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(markScrollable));
  addEventListener("resize", markScrollable);
})();
