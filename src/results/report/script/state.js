// The state of the view: what is filtered, sorted, chosen, unfolded and switched. It stands in the
// address, so that a link shows the same. A key has one value or several.
const state = {
  values: new URLSearchParams(),
  writing: 0,

  read() {
    this.values = new URLSearchParams(location.hash.slice(1));
  },

  get(key, otherwise = "") {
    return this.values.get(key) ?? otherwise;
  },

  all(key) {
    return this.values.getAll(key);
  },

  /** Sets a key to a value or several; without one the key goes. */
  put(key, value) {
    this.values.delete(key);
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== "" && one !== null) this.values.append(key, one);
    }
    // A slider changes many times a second, and browsers stop pages that change the address that often.
    this.writing ||= setTimeout(() => this.write(), 100);
  },

  write() {
    clearTimeout(this.writing);
    this.writing = 0;
    const text = this.values.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  },

  /** Puts a value to those of a key, or takes it away. */
  toggle(key, value, on) {
    const others = this.all(key).filter((other) => other !== value);
    this.put(key, on ? [...others, value] : others);
  },
};
