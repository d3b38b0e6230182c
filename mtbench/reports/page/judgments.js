"use strict";

// The judgments behind a number. The address names them (#model=…&judge=…&category=…), so that a link leads there and
// the browser's own buttons work. What judges and models wrote goes into the page as text, and never as anything else.
(() => {
  const ROWS = 100; // judgments that are listed at once
  const CHARACTERS = 20000; // of a text that are shown at once
  const PIECE = 5000; // characters that are laid out at once
  const data = JSON.parse(document.getElementById("data").textContent);
  const dialog = document.getElementById("judgments");
  const heading = document.getElementById("judgments-of");
  const about = document.getElementById("judgments-about");
  const by = document.getElementById("judgments-by");
  const list = document.getElementById("judgments-list");
  const places = new Map(); // of names, in data.texts
  const judgments = data.judgments.map(read);
  let open = ""; // the address of the list that is shown

  function read(record, number) {
    const judgment = Object.fromEntries(data.fields.map((name, place) => [name, record[place]]));
    for (const place of [...judgment.models, judgment.judge, judgment.prompts, judgment.category]) {
      places.set(text(place), place);
    }
    return { ...judgment, number };
  }

  function text(place) {
    return place < 0 ? "" : data.texts[place];
  }

  // Names are shown without what would hide or turn around a part of them.
  const clean = (name) => name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "�");
  const named = (place) => clean(text(place));

  const questionOf = (judgment) =>
    Array.isArray(judgment.question_id) ? named(judgment.question_id[0]) : String(judgment.question_id);

  // ---- which judgments

  function state() {
    return new URLSearchParams(location.hash.slice(1));
  }

  function subject(params) {
    const only = new URLSearchParams(params);
    only.delete("by");
    only.delete("at");
    return only.toString();
  }

  function outcome(judgment, model) {
    const verdict = text(judgment.verdict);
    if (judgment.models.length < 2 || !["model_1", "model_2"].includes(verdict)) {
      return verdict;
    }
    const winner = judgment.models[verdict === "model_1" ? 0 : 1];
    return winner === model ? "win" : "loss";
  }

  function chosen(params) {
    const place = (name) => places.get(params.get(name)) ?? -2;
    const model = place("model");
    const judges = params.getAll("judge").map((judge) => places.get(judge));
    const tests = [(each) => each.models.includes(model)];
    if (judges.length) tests.push((each) => judges.includes(each.judge));
    if (params.has("prompts")) tests.push((each) => each.prompts === place("prompts"));
    if (params.has("against")) tests.push((each) => each.models.includes(place("against")));
    if (params.has("category")) tests.push((each) => each.category === place("category"));
    if (params.has("turn")) tests.push((each) => each.turn === Number(params.get("turn")));
    if (params.has("verdict")) tests.push((each) => outcome(each, model) === params.get("verdict"));
    return ordered(judgments.filter((each) => tests.every((test) => test(each))), params.get("by"), model);
  }

  function ordered(found, order, model) {
    const letters = new Intl.Collator("en", { numeric: true });
    const byQuestion = (one, other) =>
      letters.compare(questionOf(one), questionOf(other)) || one.turn - other.turn || one.number - other.number;
    const sign = { low: 1, high: -1 }[order] ?? 0;
    const value = (each) => ({ loss: 0, tie: 0.5, win: 1 })[outcome(each, model)] ?? Number.parseFloat(text(each.verdict));
    return found
      .map((each) => ({ each, value: value(each) }))
      .sort((one, other) => {
        const [lost, gone] = [Number.isNaN(one.value), Number.isNaN(other.value)];
        const difference = lost || gone ? lost - gone : sign * (one.value - other.value);
        return (sign && difference) || byQuestion(one.each, other.each);
      })
      .map(({ each }) => each);
  }

  // ---- the list

  function show() {
    const params = state();
    if (!params.has("model")) {
      dialog.close();
      return;
    }
    fill(params);
    if (!dialog.open) {
      dialog.showModal();
    }
    const unfolded = list.querySelector("details[open]");
    if (unfolded) {
      unfolded.scrollIntoView({ block: "start" });
      unfolded.firstElementChild.focus();
    }
  }

  function fill(params) {
    const found = chosen(params);
    open = location.hash;
    by.value = ["low", "high"].includes(params.get("by")) ? params.get("by") : "";
    head(params, found.length);
    list.replaceChildren();
    const at = found.findIndex((each) => String(each.number) === params.get("at"));
    more(found, params, Math.max(ROWS, at + 1));
    list.scrollTop = 0;
  }

  function head(params, count) {
    const link = [...document.querySelectorAll("table.results a")].find(
      (each) => subject(each.hash.slice(1)) === subject(params),
    );
    const all = link ? Number(link.dataset.judgments) : count;
    const parts = [
      params.has("against") ? `against ${params.get("against")}` : null,
      params.get("category"),
      params.has("turn") ? `turn ${params.get("turn")}` : null,
      params.get("verdict"),
    ].filter(Boolean);
    heading.replaceChildren(bdi(clean(params.get("model"))), ...parts.flatMap((part) => [" · ", bdi(clean(part))]));
    const figure = link?.closest("td");
    const column = figure && figure.closest("table").tHead.rows[0].cells[figure.cellIndex].textContent;
    const number = figure ? `${column} ${figure.textContent.trim()}` : "";
    const size = count < all ? `${count} of ${all} judgments: the page had no room for the others` : many(count, "judgment");
    const judges = params.getAll("judge").map(clean).join(", ");
    about.textContent = [number, size, judges && `by ${judges}`].filter(Boolean).join(" · ");
  }

  function more(found, params, limit) {
    const model = places.get(params.get("model"));
    const start = list.children.length;
    list.append(...found.slice(start, limit).map((each) => folded(each, model, params)));
    if (found.length > limit) {
      const button = element("button", "more", `Show ${Math.min(ROWS, found.length - limit)} more`);
      button.type = "button";
      button.addEventListener("click", () => {
        button.remove();
        more(found, params, limit + ROWS);
        list.children[limit].firstElementChild.focus();
      });
      list.append(button);
    } else if (!found.length) {
      list.append(element("p", "none", "None of these judgments is in this page."));
    }
  }

  function folded(judgment, model, params) {
    const details = element("details");
    const summary = element("summary");
    const result = outcome(judgment, model);
    const verdict = element("span", "verdict", clean(result));
    verdict.classList.add(/^(win|loss|tie|[\d.]+)$/.test(result) ? result.replace(/^[\d.]+$/, "score") : "no-verdict");
    const opponents = judgment.models.filter((each) => each !== model);
    const what = [`Question ${questionOf(judgment)}`, `turn ${judgment.turn}`, named(judgment.category)];
    const line = element("span", "what", what.filter(Boolean).join(" · "));
    const against = opponents.length ? `against ${opponents.map(named).join(", ")}` : "";
    const judge = params.getAll("judge").length === 1 ? "" : named(judgment.judge);
    summary.append(verdict, line, element("span", "who", [against, judge].filter(Boolean).join(" · ")));
    details.append(summary);
    const unfold = () => details.children.length > 1 || details.append(whole(judgment));
    if (String(judgment.number) === params.get("at")) {
      unfold();
      details.open = true;
    }
    summary.addEventListener("click", unfold);
    details.addEventListener("toggle", () => {
      if (!details.isConnected) return;
      remember("at", details.open ? String(judgment.number) : null, String(judgment.number));
    });
    return details;
  }

  // ---- one judgment

  function whole(judgment) {
    const body = element("div", "judgment");
    const asked = judgment.question.map((place, turn) => block(numbered("Question", turn, judgment.question), text(place)));
    const answers = judgment.answers.map((each) => each.map(text));
    if (answers.every((each) => each.length === asked.length)) {
      asked.forEach((question, turn) => body.append(question, side(judgment, answers, turn)));
    } else {
      const longest = Math.max(1, ...answers.map((each) => each.length));
      body.append(...asked);
      for (let turn = 0; turn < longest; turn += 1) body.append(side(judgment, answers, turn));
    }
    const words = judgment.words.map((place, game) => block(said(judgment, game), text(place), "words"));
    const wordsAside = element("div", "side");
    wordsAside.append(...words);
    const facts = [
      ["Verdict", meaning(judgment)],
      ["Judge", named(judgment.judge)],
      ["Prompt", named(judgment.prompt)],
      ["Reference answer", named(judgment.reference)],
    ];
    const shown = element("dl", "facts");
    for (const [name, value] of facts.filter(([, value]) => value)) {
      const fact = element("div");
      const term = element("dd");
      term.append(bdi(value));
      fact.append(element("dt", "", name), term);
      shown.append(fact);
    }
    body.append(wordsAside, shown);
    return body;
  }

  const numbered = (what, turn, all) => (all.length > 1 ? `${what}, turn ${turn + 1}` : what);

  function side(judgment, answers, turn) {
    const row = element("div", "side");
    row.append(
      ...judgment.models.map((model, place) => {
        const answer = answers[place][turn];
        return answer === undefined
          ? block(`Answer of ${named(model)}`, "not at hand", "absent")
          : block(numbered(`Answer of ${named(model)}`, turn, answers[place]), answer);
      }),
    );
    return row;
  }

  function said(judgment, game) {
    if (judgment.words.length < 2) return "The judge";
    const first = judgment.models[game];
    return first === undefined ? `The judge, game ${game + 1}` : `The judge, game ${game + 1}: ${named(first)} first`;
  }

  function meaning(judgment) {
    const verdict = text(judgment.verdict);
    const winner = { model_1: 0, model_2: 1 }[verdict];
    return winner === undefined ? named(judgment.verdict) : `${named(judgment.models[winner])} wins`;
  }

  function block(label, content, kind = "") {
    const section = element("section", `block ${kind}`.trim());
    const title = element("h3");
    title.append(bdi(label));
    const shown = element("div", "text");
    write(shown, content.slice(0, CHARACTERS));
    section.append(title, shown);
    if (content.length > CHARACTERS) {
      const button = element("button", "more", `Show all ${content.length.toLocaleString("en")} characters`);
      button.type = "button";
      button.addEventListener("click", () => {
        write(shown, content);
        button.remove();
      });
      section.append(button);
    }
    return section;
  }

  // A browser needs minutes for a line of a million letters, and no time for blocks that are not on the screen. A cut
  // behind the end of a line is not seen.
  function write(place, content) {
    const pieces = [];
    for (let start = 0; start < content.length; start += pieces.at(-1).length) {
      const piece = content.slice(start, start + PIECE);
      const end = piece.length < PIECE ? PIECE : piece.lastIndexOf("\n") + 1 || piece.lastIndexOf(" ") + 1 || PIECE;
      pieces.push(piece.slice(0, end));
    }
    if (pieces.length > 1) place.replaceChildren(...pieces.map((piece) => element("div", "piece", piece)));
    else place.textContent = content;
  }

  function element(name, kind = "", content = "") {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.textContent = content;
    return made;
  }

  function bdi(content) {
    return element("bdi", "", content);
  }

  const many = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

  // ---- the address

  // Unfolding and ordering change the address in place: back leads out of the list at once.
  function remember(name, value, was) {
    const params = state();
    if (!dialog.open || !params.has("model")) return;
    if (value === null && params.get(name) !== was) return;
    if (value === null) params.delete(name);
    else params.set(name, value);
    history.replaceState(null, "", `#${params}`);
    open = location.hash;
  }

  by.addEventListener("change", () => {
    remember("by", by.value || null, state().get("by"));
    fill(state());
  });
  document.getElementById("judgments-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // the news is late: it was opened again
    if (location.hash === open && open) {
      history.pushState(null, "", location.href.split("#")[0]);
    }
    open = "";
  });
  addEventListener("hashchange", show);
  show();
})();
