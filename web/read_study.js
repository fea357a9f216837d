// A study's JSON in the form that all figures draw from.
import {withFewGroups} from './groups.js';
import {prepared} from './own_program.js';
import {visibleJson} from './text.js';

// Of several parts, by their names.
export function readParts(json) {
  var parts = visibleJson(json);
  Object.keys(parts).forEach(function (part) { withFewGroups(prepared(parts[part])); });
  return parts;
}
export function readStudy(json) { return withFewGroups(prepared(visibleJson(json))); }
