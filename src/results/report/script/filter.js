// What is typed into the filter: words, and comparisons such as `hidden_size >= 128`, joined by `and`
// (which may be left out), `or`, `not` and brackets.
const TOKEN = /\s*(?:("[^"]*"?|'[^']*'?)|(<=|>=|!=|==|=|<|>)|([()])|([^\s()<>=!"']+|!))/y;

/** A function that says whether a row passes, and the names of the keys that it asks for. Throws an
 * Error that says what is wrong. */
function parseFilter(text) {
  const tokens = tokenize(text);
  const names = [];
  let at = 0;
  const is = (text) => tokens[at]?.kind === "word" && tokens[at].text.toLowerCase() === text;
  const either = () => {
    const tests = [both()];
    while (is("or")) { at += 1; tests.push(both()); }
    return (row) => tests.some((test) => test(row));
  };
  const both = () => {
    const tests = [one()];
    while (at < tokens.length && !is("or") && tokens[at].text !== ")") {
      if (is("and")) at += 1;
      tests.push(one());
    }
    return (row) => tests.every((test) => test(row));
  };
  const one = () => {
    const token = tokens[at];
    if (token === undefined) throw new Error("something is missing at the end");
    at += 1;
    if (token.kind === "word" && token.text.toLowerCase() === "not") {
      const test = one();
      return (row) => !test(row);
    }
    if (token.text === "(" && token.kind === "bracket") {
      const test = either();
      if (tokens[at]?.text !== ")") throw new Error("a bracket is not closed");
      at += 1;
      return test;
    }
    if (token.kind === "sign" || token.kind === "bracket") throw new Error(`\`${token.text}\` stands alone`);
    if (tokens[at]?.kind === "sign") {
      const sign = tokens[at].text;
      const value = tokens[at + 1];
      if (value === undefined || value.kind === "sign" || value.kind === "bracket") {
        throw new Error(`a value is missing after \`${token.text} ${sign}\``);
      }
      at += 2;
      names.push(token.text);
      return (row) => row.values(token.text).some((cell) => holds(cell, sign, value.text)) === (sign !== "!=");
    }
    const word = token.text.toLowerCase();
    return (row) => row.text().includes(word);
  };
  const test = tokens.length === 0 ? () => true : either();
  if (at < tokens.length) throw new Error(`\`${tokens[at].text}\` closes nothing`);
  return { test, names };
}

function tokenize(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const [, quoted, sign, bracket, word] = TOKEN.exec(text);
    if (quoted !== undefined) {
      tokens.push({ kind: "text", text: quoted.slice(1).replace(new RegExp(`${quoted[0]}$`), "") });
    } else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else if (bracket !== undefined) tokens.push({ kind: "bracket", text: bracket });
    else tokens.push({ kind: "word", text: word });
  }
  return tokens;
}

/** Whether a cell is equal (for `!=` too: that is its opposite), smaller or larger. */
function holds(cell, sign, value) {
  const number = value.trim() === "" ? NaN : Number(value.replace(/^inf$/i, "Infinity"));
  const own = typeof cell === "number" ? cell : cell === "inf" ? Infinity : NaN;
  if (sign === "=" || sign === "==" || sign === "!=") {
    return own === number || String(cell ?? "").toLowerCase() === value.toLowerCase();
  }
  if (Number.isNaN(own) || Number.isNaN(number)) return false;
  if (sign === "<") return own < number;
  if (sign === "<=") return own <= number;
  return sign === ">" ? own > number : own >= number;
}
