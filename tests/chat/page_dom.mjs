// SPDX-License-Identifier: MIT
// As much of a browser as the modules of the chat's page use while nobody looks: elements in trees, with
// classes, attributes and listeners, and without places on a screen. page_test.py runs the page on it.
class Node {
  parentNode = null;

  remove() {
    const siblings = this.parentNode?.childNodes;
    if (siblings) siblings.splice(siblings.indexOf(this), 1);
    this.parentNode = null;
  }

  replaceWith(other) {
    this.parentNode.insertBefore(other, this);
    this.remove();
  }

  get nextElementSibling() {
    const siblings = this.parentNode.children;
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }
}

class Text extends Node {
  constructor(text) {
    super();
    this.textContent = String(text);
  }
}

class Classes {
  constructor(element) {
    this.element = element;
  }

  all() {
    return this.element.className.split(" ").filter(Boolean);
  }

  contains(name) {
    return this.all().includes(name);
  }

  toggle(name, is_wanted = !this.contains(name)) {
    const others = this.all().filter((one) => one !== name);
    this.element.className = (is_wanted ? [...others, name] : others).join(" ");
  }

  add(...names) {
    for (const name of names) this.toggle(name, true);
  }

  remove(...names) {
    for (const name of names) this.toggle(name, false);
  }
}

export class Element extends Node {
  className = "";
  hidden = false;
  childNodes = [];
  attributes = new Map();
  listeners = new Map();
  classList = new Classes(this);
  dataset = {};
  style = {};
  value = "";
  scrollTop = 0;
  scrollHeight = 0;
  clientHeight = 0;

  constructor(tag) {
    super();
    this.tagName = tag.toUpperCase();
  }

  get children() {
    return this.childNodes.filter((one) => one instanceof Element);
  }

  get elements() {
    return [];
  }

  get childElementCount() {
    return this.children.length;
  }

  get firstElementChild() {
    return this.children[0] ?? null;
  }

  get textContent() {
    return this.childNodes.map((one) => one.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren(text);
  }

  insertBefore(node, place) {
    node.remove();
    const at = place ? this.childNodes.indexOf(place) : this.childNodes.length;
    this.childNodes.splice(at, 0, node);
    node.parentNode = this;
  }

  append(...nodes) {
    for (const node of nodes) this.insertBefore(node instanceof Node ? node : new Text(node), null);
  }

  after(node) {
    this.parentNode.insertBefore(node, this.nextElementSibling);
  }

  replaceChildren(...nodes) {
    for (const node of [...this.childNodes]) node.remove();
    this.append(...nodes);
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  removeAttribute(name) {
    this.attributes.delete(name);
  }

  addEventListener(type, listener) {
    this.listeners.set(type, listener);
  }

  // Tells the listener of that type; returns the event.
  tell(type, event = {}) {
    const told = { preventDefault() { this.is_prevented = true; }, currentTarget: this, ...event };
    this.listeners.get(type)?.(told);
    return told;
  }

  // All elements below with that class.
  all(name) {
    return this.children.flatMap((one) => [...(one.classList.contains(name) ? [one] : []), ...one.all(name)]);
  }

  // Of selectors that are classes: the first element of each.
  querySelectorAll(selector) {
    return selector.split(",").map((one) => this.querySelector(one.trim())).filter(Boolean);
  }

  querySelector(selector) {
    return this.all(selector.slice(1))[0] ?? null;
  }

  focus() {
    document.activeElement = this;
  }

  select() {
    this.is_selected = true;
  }

  close() {
    this.open = false;
    this.tell("close");
  }

  showModal() {
    this.open = true;
  }
}

const by_id = new Map();
globalThis.document = {
  hidden: false,
  activeElement: null,
  body: new Element("body"),
  createElement: (tag) => new Element(tag),
  querySelectorAll: () => [],
  addEventListener() {},
  getElementById: (id) => by_id.get(id) ?? by_id.set(id, new Element("div")).get(id),
};
globalThis.window = globalThis;
globalThis.matchMedia = () => ({ matches: true, addEventListener() {} });
