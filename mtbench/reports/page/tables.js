"use strict";

// Tables sort by a click on a head: numbers as numbers and highest first, texts by their letters; what is missing
// stays last either way.
(() => {
  const letters = new Intl.Collator("en", { numeric: true });

  for (const table of document.querySelectorAll("table.results")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const rows = [...body.rows];
    for (const head of heads) {
      head.firstElementChild.addEventListener("click", () => sort(body, rows, heads, head));
    }
    body.addEventListener("click", (event) => openRow(event));
  }

  function sort(body, rows, heads, head) {
    const isNumber = head.classList.contains("number");
    const order = next(head.getAttribute("aria-sort"), isNumber);
    for (const each of heads) {
      each.removeAttribute("aria-sort");
    }
    head.setAttribute("aria-sort", order);
    const column = heads.indexOf(head);
    const sign = order === "ascending" ? 1 : -1;
    const sorted = [...rows].sort((one, other) => {
      const [a, b] = [one, other].map((row) => row.cells[column].dataset.order);
      if (a === "" || b === "") {
        return (a === "") - (b === "");
      }
      return sign * (isNumber ? Number(a) - Number(b) : letters.compare(a, b));
    });
    body.append(...sorted);
  }

  function next(order, isNumber) {
    const [first, second] = isNumber ? ["descending", "ascending"] : ["ascending", "descending"];
    return order === first ? second : first;
  }

  // The cells with numbers are links of their own; the rest of a row leads where its name does.
  function openRow(event) {
    const link = event.target.closest("tr").querySelector("th a");
    if (link && !event.target.closest("a") && getSelection().isCollapsed) {
      link.click();
    }
  }
})();
