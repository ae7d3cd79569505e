"use strict";
// Draws the runs of the data block and steps through them. Text goes into the page as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const stage = document.getElementById("stage");
  if (!data.runs.length) return;

  // -------------------------------------------------------------------------------------------- text and elements

  const safe = (text) => String(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
  const flat = (text) => safe(String(text).replace(/\s+/gu, " ").trim());
  const NS = "http://www.w3.org/2000/svg";

  const fill = (made, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
    }
    made.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== ""));
    return made;
  };
  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(NS, tag), attributes, children);
  const said = (text) => el("span", { class: "said" }, text);

  // -------------------------------------------------------------------------------------------- values

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const elements = (type, value) => type.labels.map((label, i) => (type.byName ? value[label] : value[i]));
  const hex = (value) => (value > 9 ? "0x" + value.toString(16) : String(value));

  const show = (type, value) => {
    switch (type.kind) {
      case "optional": return value === null ? "none" : show(type.inner, value);
      case "flags": return value.length ? value.join("|") : type.name + "()";
      case "word": return hex(value);
      case "record": return type.name + "(" + type.fields.map(([n, t]) => n + ": " + show(t, value[n])).join(", ") + ")";
      case "array": {
        const all = elements(type, value);
        if (type.element.kind === "bool") return "{" + type.labels.filter((_, i) => all[i]).join(", ") + "}";
        return "[" + all.map((v) => show(type.element, v)).join(", ") + "]";
      }
      default: return String(value);
    }
  };

  // The smallest parts that differ, as [path, old, new].
  const diff = (type, a, b, path) => {
    if (same(a, b)) return [];
    if (type.kind === "array") {
      const [from, to] = [elements(type, a), elements(type, b)];
      return type.labels.flatMap((label, i) => diff(type.element, from[i], to[i], path + "[" + label + "]"));
    }
    if (type.kind === "record") return type.fields.flatMap(([n, t]) => diff(t, a[n], b[n], path + "." + n));
    return [[path, show(type, a), show(type, b)]];
  };

  // The name of the index type that a value points into, where there is a table for it.
  const target = (type, tables) => {
    if (type.kind === "optional") return target(type.inner, tables);
    return type.kind === "int" && type.name !== null && tables.has(type.name) ? type.name : null;
  };

  // -------------------------------------------------------------------------------------------- one run

  class Pane {
    constructor(view, key) {
      this.view = view;
      this.key = key;
      this.trace = data.document.traces[view.trace];
      this.length = this.trace.steps.length;
      this.loop = this.trace.loop_start;
      this.tables = new Set(view.variables.filter((v) => v.type.kind === "array" && v.type.index !== null).map((v) => v.type.index));
      const useful = { constant: new Set(view.constants), seen: new Set(view.ghosts) };
      this.matter = view.variables.filter((v) => !(v.role in useful) || useful[v.role].has(v.name));
      this.open = false;
    }

    // Where the run stands after so many steps of the clock; `round` counts how often the loop was begun.
    at(clock) {
      if (clock <= this.length || this.loop === null) return { place: Math.min(clock, this.length), round: 1 };
      const period = this.length - this.loop + 1;
      const beyond = clock - this.length - 1;
      return { place: this.loop + (beyond % period), round: 2 + Math.floor(beyond / period) };
    }

    state(place) {
      return place === 0 ? this.trace.initial : this.trace.steps[place - 1].after;
    }

    value(variable, place) {
      if (variable.role === "constant") return this.trace.consts[variable.name];
      if (variable.role === "state") return this.state(place)[variable.name];
      return place === 0 ? undefined : this.trace.steps[place - 1].observed[variable.name];
    }

    inLoop(place) {
      return this.loop !== null && place > this.loop;
    }

    // Whether a variable says anything in this run: it is off its default somewhere, or changes.
    speaks(variable) {
      const all = Array.from({ length: this.length + 1 }, (_, i) => this.value(variable, i)).filter((v) => v !== undefined);
      if (!all.length) return false;
      if (all.some((v) => !same(v, all[0]))) return true;
      if (variable.role === "state" && !variable.free) return false;
      return !variable.plain || !same(all[0], variable.default);
    }

    changes(place) {
      if (place === 0) return [];
      const [before, after] = [this.state(place - 1), this.state(place)];
      const states = this.view.variables.filter((v) => v.role === "state");
      return states.flatMap((v) => diff(v.type, before[v.name], after[v.name], flat(v.shown)));
    }

    observed(place) {
      const ghosts = this.matter.filter((v) => v.role === "seen");
      return ghosts
        .map((v) => [v, this.value(v, place)])
        .filter(([v, value]) => value !== undefined && !(v.plain && same(value, v.default)))
        .map(([v, value]) => flat(v.shown) + ": " + flat(show(v.type, value)));
    }

    // The decision that counts: of those that were passed on unchanged up to the last one, the first.
    decided(step) {
      const all = step.decisions;
      let at = all.length - 1;
      while (at > 0 && all[at - 1].shown === all[at].shown && all[at - 1].rule === all[at].rule) at -= 1;
      return all[at];
    }

    told(step) {
      const first = this.decided(step);
      return first ? flat(first.handler + ": " + first.shown) + (first.rule ? " @" + flat(first.rule) : "") : "";
    }

    // What happened, in a sentence.
    sentence(place, round, two) {
      const name = two ? flat(this.view.label) + ": " : "";
      const where = this.inLoop(place) ? ", in the loop" + (round > 1 ? ", round " + round : "") : "";
      if (place === 0) return name + "Start" + (round > 1 ? ", back at the start of the loop, round " + round : "") + ".";
      const step = this.trace.steps[place - 1];
      const back = round > 1 && place === this.loop ? " Back at the start of the loop, round " + round + "." : "";
      const parts = [flat(step.shown) + (step.resume ? " (goes on)" : ""), this.told(step)];
      if (step.fault) parts.push("run-time fault: " + flat(step.fault.message));
      if (step.stops) parts.push("stops " + flat(step.stops));
      return name + "Step " + place + " of " + this.length + where + ": " + step.actor + ", " + parts.filter(Boolean).join("; ") + "." + back;
    }

    // ------------------------------------------------------------------------------------------ drawing

    draw(clock, everything, two) {
      const { place, round } = this.at(clock);
      const heading = two ? el("h2", {}, flat(this.view.label)) : null;
      return el("section", { class: "pane", "aria-label": flat(this.view.label || "run") },
        heading, el("p", { class: "told" }, flat(this.view.told)),
        el("div", { class: "split" },
          el("div", {}, this.steps(place, round), this.source(place)),
          el("div", {}, this.delta(place), this.picture(place, everything))));
    }

    steps(place) {
      const item = (i) => {
        const step = i ? this.trace.steps[i - 1] : null;
        const mark = this.loop === null ? "" : i === this.loop + 1 ? "\u21b3" : i === this.length ? "\u21ba" : this.inLoop(i) ? "\u2502" : "";
        const parts = step ? [this.told(step), step.fault ? "run-time fault" : "", step.stops ? "stops " + flat(step.stops) : ""].filter(Boolean) : [];
        const what = step ? (step.resume ? "goes on" : flat(step.shown)) + (parts.length ? " \u2014 " + parts.join("; ") : "") : "start";
        return el("li", {}, el("button", { type: "button", "aria-current": i === place ? "step" : null, onclick: () => player.go(i) },
          el("span", { class: "at" }, String(i)),
          el("span", { class: "loopmark", "aria-hidden": "true" }, mark), this.inLoop(i) ? said("in the loop") : null,
          el("span", { class: "who" }, step ? step.actor : ""), el("span", {}, what)));
      };
      const back = this.loop === null ? null : el("p", { class: "faint" }, "After step " + this.length + " the run is back at " +
        (this.loop === 0 ? "the start" : "step " + this.loop) + " and goes round for ever." +
        (this.trace.unclosed.length ? " Different there, but unseen by the property: " + this.names(this.trace.unclosed) + "." : ""));
      return el("nav", { "aria-label": "Steps" }, el("h3", {}, "Steps"),
        el("ol", { class: "steps" }, Array.from({ length: this.length + 1 }, (_, i) => item(i))), back);
    }

    names(list) {
      return list.map((n) => flat((this.view.variables.find((v) => v.name === n) || { shown: n }).shown)).join(", ");
    }

    source(place) {
      const lit = place === 0 ? [] : this.view.lit[place - 1];
      const shown = place === 0 ? (this.view.lit[0] || []) : lit;
      const note = place === 0 ? el("p", { class: "faint" }, "Nothing has been carried out yet. Marked lines (\u25b8) are those that the step went through.") : null;
      const decisions = place === 0 ? [] : this.trace.steps[place - 1].decisions;
      const listings = (wanted) => shown.filter((one) => wanted(this.view.sources[one.source]))
        .map((one) => this.listing(this.view.sources[one.source], place === 0 ? [] : one.lines, decisions));
      return el("section", { "aria-label": "Source" }, el("h3", {}, "Source"), note,
        listings((s) => s.kind !== "function"), this.further(listings((s) => s.kind === "function"), shown.some((one) => this.view.sources[one.source].kind !== "function")));
    }

    // Functions that handlers call, folded; they stay open once opened.
    further(listings, fold) {
      if (!listings.length || !fold) return listings;
      const details = el("details", { class: "further", open: this.open }, el("summary", {}, "Functions on the way (" + listings.length + ")"), listings);
      details.addEventListener("toggle", () => { this.open = details.open; });
      return details;
    }

    listing(source, lines, returns) {
      const lit = new Map(lines.map((l) => [l.line, l.tests]));
      const file = flat(source.file).split(/[\\/]/).at(-1);
      const rows = source.lines.map((text, i) => {
        const number = source.line + i;
        const tests = lit.get(number);
        const told = (tests || []).map(([what, outcome, values]) => flat(what) + ": " + flat(outcome) + (values ? " (" + flat(values) + ")" : ""));
        const returned = returns.filter((d) => d.place.line === number && d.place.file === source.file);
        if (tests) told.push(...returned.slice(-1).map((d) => "decides " + flat(d.shown) + (d.rule ? " @" + flat(d.rule) : "")));
        const indent = text.length - text.trimStart().length;
        return el("li", { class: tests ? "lit" : null, "data-line": file + ":" + number },
          el("span", { class: "mark" }, tests ? el("span", { "aria-hidden": "true" }, "\u25b8") : null, tests ? said("carried out: ") : null),
          el("span", { class: "number", "aria-hidden": "true" }, String(number)), el("span", {}, safe(text) || " "),
          told.length ? el("span", { class: "tests" }, " ".repeat(indent + 4) + told.join("; ")) : null);
      });
      const head = [el("strong", {}, flat(source.name)), " ", el("span", { class: "faint" }, file + ":" + source.line, source.origin ? el("span", { title: flat(source.origin) }, ", models " + flat(source.origin).split(" ")[0]) : "")];
      const code = el("ol", { class: "code", tabindex: "0", "aria-label": flat(source.name), role: "list" }, rows);
      return el("div", { class: "source" }, el("div", { class: "head" }, head), code);
    }

    delta(place) {
      const changes = this.changes(place);
      const items = changes.map(([path, old, now]) => el("li", {}, el("span", { class: "value" }, path + ": " + flat(old) + " \u2192 " + flat(now))));
      const seen = place === 0 ? [] : this.observed(place);
      const off = place === 0 ? el("p", {}, "The initial state; the picture shows what is not at its default.") : null;
      return el("section", { "aria-label": "Changes" }, el("h3", {}, place === 0 ? "Start" : "Changed in this step"), off,
        place > 0 && !items.length ? el("p", {}, "No state variable.") : null, items.length ? el("ul", {}, items) : null,
        seen.length ? el("p", {}, el("span", { class: "faint" }, "Seen by the handlers: "), el("span", { class: "value" }, seen.join(", "))) : null);
    }

    picture(place, everything) {
      const shown = everything ? this.view.variables : this.matter.filter((v) => this.speaks(v));
      const arrays = shown.filter((v) => v.type.kind === "array");
      const groups = new Map();
      for (const v of arrays) {
        const key = v.type.index !== null ? v.type.index : v.type.labels.join(",");
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(v);
      }
      const scalars = shown.filter((v) => v.type.kind !== "array");
      return el("section", { "aria-label": "State" }, el("h3", {}, "State"), this.arrows(shown, place),
        [...groups].map(([key, list]) => this.table(key, list, shown, place)), scalars.length ? this.scalars(scalars, place) : null);
    }

    role(variable) {
      return variable.role === "state" ? null : el("span", { class: "role" }, variable.role === "constant" ? " constant" : " seen");
    }

    anchor(table, label) {
      return "p" + this.key + "-" + table.replace(/\W/g, "_") + "-" + String(label).replace(/\W/g, "_");
    }

    // A value in a cell; one that points into a table is a link to its column.
    cell(type, value, old, attributes = {}) {
      if (value === undefined) return el("td", { class: "plain", ...attributes }, "\u2013", said("nothing"));
      const changed = old !== undefined && !same(value, old);
      const plain = !changed && (value === false || value === null);
      const now = [this.inner(type, value)];
      const was = changed ? [el("span", { class: "was" }, said("was "), flat(show(type, old))), " \u2192 "] : null;
      return el("td", { ...attributes, class: [changed ? "changed" : plain ? "plain" : "", attributes.class || ""].join(" ").trim() || null },
        was, now);
    }

    inner(type, value) {
      const table = target(type, this.tables);
      if (table !== null && value !== null) {
        const hit = (on) => document.querySelectorAll('[data-col="' + this.anchor(table, value) + '"]').forEach((c) => c.classList.toggle("hit", on));
        const mark = { onmouseenter: () => hit(true), onmouseleave: () => hit(false), onfocus: () => hit(true), onblur: () => hit(false) };
        return el("a", { class: "ref", href: "#" + this.anchor(table, value), ...mark }, "\u2192 " + flat(table) + " " + value);
      }
      if (type.kind === "array") {
        const all = elements(type, value);
        return el("span", {}, type.labels.map((label, i) => [i ? ", " : "", label + ": ", this.inner(type.element, all[i])]));
      }
      if (type.kind === "bool") return value ? "true" : "false";
      return flat(show(type, value));
    }

    table(key, list, shown, place) {
      const type = list[0].type;
      const name = type.index !== null ? flat(type.index) : "";
      const column = (i) => this.anchor(key, type.labels[i]);
      const rows = list.flatMap((v) => {
        const value = this.value(v, place);
        const old = place > 0 && v.role === "state" ? this.value(v, place - 1) : undefined;
        const nested = v.type.element.kind === "array";
        const parts = nested ? v.type.element.labels.map((_, i) => i) : [null];
        return parts.map((part) => {
          const pick = (whole, i) => {
            if (whole === undefined) return undefined;
            const one = elements(v.type, whole)[i];
            return part === null ? one : elements(v.type.element, one)[part];
          };
          const element = part === null ? v.type.element : v.type.element.element;
          const label = part === null ? "" : ", " + (v.type.element.index !== null ? flat(v.type.element.index) + " " : "") + v.type.element.labels[part];
          return el("tr", {}, el("th", { scope: "row", title: v.doc ? flat(v.doc) : null }, flat(v.shown) + label, this.role(v)),
            v.type.labels.map((_, i) => this.cell(element, pick(value, i), pick(old, i), { "data-col": column(i) })));
        });
      });
      const heads = type.labels.map((label, i) => el("th", { scope: "col", id: column(i), "data-col": column(i) }, (name ? name + " " : "") + label));
      return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "by " + (name || "index") },
        el("table", {}, el("thead", {}, el("tr", {}, el("td", {}), heads)), el("tbody", {}, rows, this.pointers(key, type, shown, place))));
    }

    // Everything that points into a table, as [what, inner index or null, the label pointed at].
    references(shown, place) {
      const found = [];
      const walk = (type, value, path, inner) => {
        if (value === undefined || value === null) return;
        const table = target(type, this.tables);
        if (table !== null) found.push({ table, from: path, inner, to: String(value) });
        else if (type.kind === "optional") walk(type.inner, value, path, inner);
        else if (type.kind === "array") {
          const deeper = path.includes("[");
          elements(type, value).forEach((v, i) => walk(type.element, v, deeper ? path : path + "[" + type.labels[i] + "]", deeper ? type.labels[i] : inner));
        } else if (type.kind === "record") type.fields.forEach(([n, t]) => walk(t, value[n], path + "." + n, inner));
      };
      for (const v of shown) walk(v.type, this.value(v, place), flat(v.shown), null);
      const merged = new Map();
      for (const { table, from, inner, to } of found) {
        const key = JSON.stringify([table, from, to]);
        if (!merged.has(key)) merged.set(key, { table, from, to, inner: [] });
        if (inner !== null) merged.get(key).inner.push(inner);
      }
      return [...merged.values()];
    }

    pointers(key, type, shown, place) {
      const all = this.references(shown, place).filter((r) => r.table === key);
      if (!all.length) return null;
      const cells = type.labels.map((label) => {
        const here = all.filter((r) => r.to === label).map((r) => r.from + (r.inner.length ? " (" + r.inner.join(", ") + ")" : ""));
        return el("td", { "data-col": this.anchor(key, label), class: here.length ? null : "plain" }, here.length ? here.join(", ") : ["\u2013", said("nothing")]);
      });
      return el("tr", {}, el("th", { scope: "row" }, "pointed at by"), cells);
    }

    arrows(shown, place) {
      const all = this.references(shown, place).map((r) => ({ ...r, from: r.from + (r.inner.length ? " (" + r.inner.join(", ") + ")" : "") }));
      if (!all.length || all.length > 40) return null;
      const left = all.map((r) => r.from);
      const right = [...new Map(all.map((r) => [r.table + " " + r.to, r])).values()].map((r) => r.table + " " + r.to);
      right.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
      const row = 26, width = 480, wide = 190;
      const height = Math.max(left.length, right.length) * row + 4;
      const y = (list, name) => (list.indexOf(name) + 0.5) * ((height - 4) / list.length) + 2;
      const cut = (text) => (text.length > 24 ? text.slice(0, 23) + "\u2026" : text);
      const box = (x, w, at, text) => [draw("rect", { x, y: at - 10, width: w, height: 20, rx: 3 }), draw("text", { x: x + 7, y: at + 4 }, cut(text))];
      const lines = all.map((r) => {
        const [a, b, from, to] = [y(left, r.from), y(right, r.table + " " + r.to), wide, width - 110];
        return [draw("path", { d: `M ${from} ${a} C ${from + 70} ${a}, ${to - 70} ${b}, ${to - 6} ${b}` }),
          draw("path", { class: "tip", d: `M ${to} ${b} l -7 -4 v 8 z` })];
      });
      const words = all.map((r) => r.from + " to " + r.table + " " + r.to).join("; ");
      return draw("svg", { class: "links", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Links: " + words },
        lines, left.map((n) => box(1, wide - 1, y(left, n), n)), right.map((n) => box(width - 110, 109, y(right, n), n)));
    }

    scalars(list, place) {
      const rows = list.map((v) => el("tr", {}, el("th", { scope: "row", title: v.doc ? flat(v.doc) : null }, flat(v.shown), this.role(v)),
        this.cell(v.type, this.value(v, place), place > 0 && v.role === "state" ? this.value(v, place - 1) : undefined)));
      return el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "variable"), el("th", { scope: "col" }, "value"))),
        el("tbody", {}, rows)));
    }
  }

  // -------------------------------------------------------------------------------------------- all of them

  const player = {
    runs: data.runs.map((run, i) => ({ title: run.title, panes: run.panes.map((view, j) => new Pane(view, i + "-" + j)) })),
    chosen: 0,
    clock: 0,
    everything: false,

    get run() { return this.runs[this.chosen]; },
    get last() { return Math.max(...this.run.panes.map((p) => p.length)); },
    get endless() { return this.run.panes.some((p) => p.loop !== null); },

    go(clock) {
      this.clock = Math.max(0, this.endless ? clock : Math.min(clock, this.last));
      this.render();
    },

    choose(number) {
      this.chosen = Math.max(0, Math.min(number, this.runs.length - 1));
      const first = this.run.panes[0];
      const two = this.run.panes.length > 1;
      this.clock = two ? Math.min(1, this.last) : first.loop === null ? first.length : Math.min(first.loop + 1, first.length);
      document.querySelectorAll(".about[data-run]").forEach((s) => { s.hidden = Number(s.dataset.run) !== this.chosen; });
      this.render();
    },

    toggle() {
      this.everything = !this.everything;
      this.render();
    },

    render() {
      const two = this.run.panes.length > 1;
      picker.forEach((b, i) => (i === this.chosen ? b.setAttribute("aria-current", "true") : b.removeAttribute("aria-current")));
      full.setAttribute("aria-pressed", String(this.everything));
      now.textContent = this.run.panes.map((p) => { const { place, round } = p.at(this.clock); return p.sentence(place, round, two); }).join(" ");
      const focus = document.activeElement && panes.contains(document.activeElement) ? document.activeElement.getAttribute("aria-current") !== null || document.activeElement.closest("ol.steps") : false;
      panes.className = "panes " + (two ? "two" : "one");
      panes.replaceChildren(...this.run.panes.map((p) => p.draw(this.clock, this.everything, two)));
      if (focus) panes.querySelector('[aria-current="step"]').focus();
      panes.querySelectorAll('[aria-current="step"]').forEach((b) => { b.parentElement.parentElement.scrollTop = b.offsetTop - b.parentElement.parentElement.offsetTop - 60; });
    },
  };

  const button = (text, hint, act) => el("button", { type: "button", title: hint, onclick: act }, text);
  const full = button("Full state", "f", () => player.toggle());
  const now = el("p", { class: "now", id: "now", role: "status", "aria-live": "polite" });
  const panes = el("div", { class: "panes" });
  const picker = player.runs.map((run, i) => button(flat(run.title), "", () => player.choose(i)));
  const keys = [["\u2190", "k"], ["\u2192", "j"], ["Home"], ["End"], ["f"]].map((names) => names.map((n) => [el("kbd", {}, n), " "]));
  const KEYS = ["back ", "on ", "start ", "end ", "full state "];

  stage.append(
    player.runs.length > 1 ? el("nav", { class: "bar", "aria-label": "Runs" }, picker) : "",
    el("div", { class: "top" },
      el("div", { class: "bar", role: "group", "aria-label": "Step through the run" },
        button("Start", "Home", () => player.go(0)),
        button("\u25c2 Back", "\u2190 or k", () => player.go(player.clock - 1)),
        button("Next \u25b8", "\u2192 or j", () => player.go(player.clock + 1)),
        button("End", "End", () => player.go(player.last)), full,
        el("span", { class: "keys faint" }, "Keys: ", keys.map((k, i) => [k, KEYS[i]]))), now),
    panes);

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const act = {
      ArrowLeft: () => player.go(player.clock - 1), k: () => player.go(player.clock - 1),
      ArrowRight: () => player.go(player.clock + 1), j: () => player.go(player.clock + 1),
      Home: () => player.go(0), End: () => player.go(player.last), f: () => player.toggle(),
    }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  player.choose(0);
})();
