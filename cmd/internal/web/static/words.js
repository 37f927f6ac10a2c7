// What the pages say, in the reader's language. The English text is the key; a
// text that has no translation is said in English. Values are put in for %d,
// %s, %.1f and %[2]s, and a plural is chosen by the first number.

const lang = document.documentElement.lang || "en";
const mark = document.documentElement.dataset.words ?? "";
const plurals = new Intl.PluralRules(lang);
const texts = await fetch(`/words/${lang}?v=${mark}`).then((r) => (r.ok ? r.json() : {})).catch(() => ({}));

const written = (verb, value) => {
  const digits = verb.match(/\.(\d+)f$/)?.[1];
  if (typeof value === "number") return new Intl.NumberFormat(lang, digits === undefined ? {} : { minimumFractionDigits: +digits, maximumFractionDigits: +digits }).format(value);
  return String(value ?? "");
};

export function t(text, ...values) {
  const forms = texts[text];
  const first = values.find((v) => Number.isInteger(v));
  const said = forms?.[first === undefined ? "other" : plurals.select(first)] ?? forms?.other ?? text;
  let n = 0;
  return said.replace(/%(?:\[(\d+)\])?[-+# 0]*\d*(?:\.\d+)?[a-zA-Z%]/g, (verb, at) => (verb === "%%" ? "%" : written(verb, values[at ? at - 1 : n++])));
}

// words says a code for people: wrap_up as "wrap up".
export const words = (code) => t(String(code ?? "").replaceAll("_", " "));

// number and date as the reader's language writes them.
export const number = (value, options) => new Intl.NumberFormat(lang, options).format(value);
export const money = (minor, currency) => {
  const f = new Intl.NumberFormat(lang, { style: "currency", currency });
  return f.format(minor / 10 ** f.resolvedOptions().maximumFractionDigits);
};
export const date = (at, options) => new Intl.DateTimeFormat(lang, options).format(new Date(at));
