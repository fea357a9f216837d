// Texts of a study as the figures show them: a text is text, whatever is in it.

// Characters that a font has no picture of, that XML does not allow, or that turn the reading direction
// of what follows are shown as escapes: \u001b.
var HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]/g;
// Whether a study's JSON may have any of them.
var MAY_HIDE = /\\[^"\\\/]|[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]/;

function escape(character) {
  return '\\u' + ('000' + character.charCodeAt(0).toString(16)).slice(-4);
}

export function visible(text) {
  return text.replace(/\r\n?/g, '\n').replace(HIDDEN, function (character) {
    return character === '\n' || character === '\t' ? character : escape(character);
  });
}
// The same on one line.
export function oneLine(text) {
  return visible(text).replace(/\s*\n\s*/g, ' ').replace(/\t/g, ' ');
}
export function shortened(text, most) {
  return text.length > most ? text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '') + '\u2026' : text;
}

function allVisible(value) {
  if (typeof value === 'string') return visible(value);
  if (value === null || typeof value !== 'object') return value;
  Object.keys(value).forEach(function (key) {
    var kept = allVisible(value[key]);
    var name = visible(key);
    if (name !== key) delete value[key];
    if (name !== key || kept !== value[key]) {
      Object.defineProperty(value, name, {value: kept, enumerable: true, configurable: true, writable: true});
    }
  });
  return value;
}

// JSON whose every text can be shown.
export function visibleJson(json) {
  var value = JSON.parse(json);
  return MAY_HIDE.test(json) ? allVisible(value) : value;
}

// What a figure says of the mark under the pointer: lines of text, which never become markup.
var MOST_LINE = 300;
var MOST_LINES = 14;

export function tooltip(trigger, linesOf) {
  return {
    trigger: trigger, confine: true,
    extraCssText: 'max-width:460px;white-space:pre-wrap;overflow-wrap:anywhere;',
    formatter: function (mark) {
      var lines = linesOf(mark);
      if (!lines || lines.length === 0) return '';
      var all = lines.join('\n').split('\n');
      var shown = all.slice(0, MOST_LINES);
      if (shown.length < all.length) shown.push('\u2026');
      var box = document.createElement('div');
      shown.forEach(function (line) {
        var row = document.createElement('div');
        row.textContent = shortened(line, MOST_LINE);
        box.appendChild(row);
      });
      return box;
    }
  };
}

// Names that differ, each fit to be a legend's entry, a tick and an object's key.
export function displayNames(names, most) {
  var taken = {};
  var shown = {};
  names.forEach(function (name) {
    var base = shortened(oneLine(name), most) || '(empty)';
    if (/^\s*$/.test(base)) base = '(blank)';
    if (base in {}) base += ' ';
    var free = base;
    for (var i = 2; taken['$' + free]; ++i) free = base + ' (' + i + ')';
    taken['$' + free] = true;
    shown['$' + name] = free;
  });
  return function (name) { return shown['$' + name]; };
}
