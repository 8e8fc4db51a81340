import { createHash } from 'node:crypto';
import { PROBLEMS } from '../http/problem.js';
import { Html, html, prose } from './html.js';
import { isJson, type Json } from './json-schema.js';
import { REFERENCE_CSS } from './reference.css.js';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const entries = (value: unknown): [string, Json][] =>
  Object.entries(isJson(value) ? value : {}).flatMap(([name, member]) => (isJson(member) ? [[name, member]] : []));
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);

interface Entry {
  method: string;
  path: string;
  operation: Json;
}

/** No script, no font, no picture from anywhere: one style sheet, which the policy knows by its hash. */
export const REFERENCE_CSP = [
  `default-src 'none'`,
  `style-src 'sha256-${createHash('sha256').update(REFERENCE_CSS).digest('base64')}'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

// Whole, for a formatter that indents it inside a template would change its hash.
const STYLE = new Html(`<style>${REFERENCE_CSS}</style>`);
const example = (code: string): Html => new Html(['<pre><code>', html`${code}`.markup, '</code></pre>'].join(''));

export function referencePage(document: Json): string {
  const info = isJson(document['info']) ? document['info'] : {};
  const all: Entry[] = entries(document['paths']).flatMap(([path, item]) =>
    entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
  const tags = list(document['tags']).map((tag) => text(tag['name']));
  const tagged = (tag: string) =>
    all.filter(({ operation }) => Array.isArray(operation['tags']) && operation['tags'].includes(tag));
  const schemas = entries(isJson(document['components']) ? document['components']['schemas'] : {});
  return html`<!doctype html>
    <html lang="en" dir="ltr">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${text(info['title'])}</title>
        ${STYLE}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the reference</a>
        <header class="top">
          <span class="mark" aria-hidden="true"></span><strong>${text(info['title'])}</strong>
          <span class="version">${text(info['version'])}</span><a class="raw" href="/openapi.json">openapi.json</a>
        </header>
        <div class="frame">
          <nav aria-label="Contents" tabindex="0">
            <details>
              <summary>Contents</summary>
              <a class="part" href="#main">Conventions</a>
              ${tags.map(
                (tag) =>
                  html`<p class="part">${tag}</p>
                    <ul>
                      ${tagged(tag).map(navigation)}
                    </ul>`,
              )}
              <p class="part">More</p>
              <ul>
                <li><a href="#schemas">Schemas</a></li>
                <li><a href="#problems">Problems</a></li>
              </ul>
            </details>
          </nav>
          <main id="main">
            <section class="intro">
              <h1>${text(info['title'])}</h1>
              ${prose(text(info['description']))}
              ${example('curl -H "Authorization: Bearer $ADMIN_TOKEN" http://localhost:3001/v1/usersources')}
            </section>
            ${tags.map(
              (tag) =>
                html`<section>
                  <h2>${tag}</h2>
                  ${tagged(tag).map(operationCard)}
                </section>`,
            )}
            <section id="schemas">
              <h2>Schemas</h2>
              ${schemas.map(([name, schema]) => schemaCard(name, schema))}
            </section>
            <section id="problems">
              <h2>Problems</h2>
              <p>Every refusal is <code>application/problem+json</code>; <code>type</code> leads to its line here.</p>
              <div class="wide">
                <table>
                  <thead>
                    <tr>
                      <th>Status</th>
                      <th>Code</th>
                      <th>Meaning</th>
                    </tr>
                  </thead>
                  <tbody>
                    ${Object.entries(PROBLEMS).map(
                      ([code, [status, title, help]]) =>
                        html`<tr id="problem-${code}">
                          <td>${status}</td>
                          <td><code>${code}</code></td>
                          <td><strong>${title}.</strong> ${prose(help)}</td>
                        </tr>`,
                    )}
                  </tbody>
                </table>
              </div>
            </section>
          </main>
        </div>
      </body>
    </html>`.markup;
}

const idOf = ({ operation }: Entry): string => text(operation['operationId']);

const navigation = (entry: Entry): Html =>
  html`<li>
    <a href="#${idOf(entry)}"
      ><span class="verb ${entry.method}">${entry.method}</span><span>${text(entry.operation['summary'])}</span></a
    >
  </li>`;

function operationCard(entry: Entry): Html {
  const { operation, method, path } = entry;
  const content = isJson(operation['requestBody']) ? entries(operation['requestBody']['content']) : [];
  const [, media] = content[0] ?? [];
  return html`<article id="${idOf(entry)}">
    <h3>${text(operation['summary'])}</h3>
    <p class="line"><span class="verb ${method}">${method}</span><code class="path">${path}</code></p>
    ${prose(text(operation['description']))} ${parameterTable(list(operation['parameters']))}
    ${
      media &&
      html`<h4>Body</h4>
        <p class="small">
          ${content.map(([type], at) => html`${at > 0 && ' or '}<code>${type}</code>`)} ·
          ${schemaName(isJson(media['schema']) ? media['schema'] : {})}
        </p>`
    }
    ${media?.['example'] !== undefined && example(JSON.stringify(media['example'], null, 2))}
    <h4>Answers</h4>
    <ul class="answers">
      ${entries(operation['responses']).map(([status, answer]) => answerLine(status, answer))}
    </ul>
  </article>`;
}

function answerLine(status: string, answer: Json): Html {
  const [, media] = entries(answer['content'])[0] ?? [];
  const schema = media && isJson(media['schema']) ? media['schema'] : undefined;
  const good = status.startsWith('2');
  return html`<li>
    <span class="status ${good ? 'good' : 'bad'}">${status}</span>
    <span
      >${prose(text(answer['description']))}${good && schema && html`<p class="small">${schemaName(schema)}</p>`}</span
    >
  </li>`;
}

const parameterTable = (parameters: Json[]): Html =>
  parameters.length === 0
    ? html``
    : html`<h4>Parameters</h4>
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th>Name</th>
                <th>In</th>
                <th>Type</th>
                <th>Meaning</th>
              </tr>
            </thead>
            <tbody>
              ${parameters.map(
                (parameter) =>
                  html`<tr>
                    <td>
                      <code>${text(parameter['name'])}</code
                      >${parameter['required'] === true && html` <span class="needed">required</span>`}
                    </td>
                    <td>${text(parameter['in'])}</td>
                    <td>${schemaName(isJson(parameter['schema']) ? parameter['schema'] : {})}</td>
                    <td>${prose(text(parameter['description']))}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>`;

function schemaCard(name: string, schema: Json): Html {
  return html`<article id="schema-${name}">
    <h3>${name}</h3>
    ${prose(text(schema['description']))}${memberTable(schema)}
  </article>`;
}

function memberTable(schema: Json): Html {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const members = entries(schema['properties']);
  if (members.length === 0) return html``;
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th>Member</th>
          <th>Type</th>
          <th>Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${members.map(
          ([name, member]) =>
            html`<tr>
              <td><code>${name}</code>${required.includes(name) && html` <span class="needed">required</span>`}</td>
              <td>${schemaName(member)}</td>
              <td>
                ${prose(text(member['description']))}${member['default'] !== undefined && html`<p class="small">Default <code>${JSON.stringify(member['default'])}</code></p>`}${inner(member)}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function inner(member: Json): Html | false {
  const shape = [member, ...list(member['anyOf']), ...(isJson(member['items']) ? [member['items']] : [])].find(
    (one) => entries(one['properties']).length > 0,
  );
  return (
    shape !== undefined &&
    html`<details>
      <summary>Members</summary>
      ${memberTable(shape)}
    </details>`
  );
}

function schemaName(schema: Json): Html {
  const ref = text(schema['$ref']).split('/').at(-1);
  if (ref) return html`<a href="#schema-${ref}">${ref}</a>`;
  const either = [...list(schema['anyOf']), ...list(schema['oneOf'])];
  if (either.length > 0) return html`${either.map((one, at) => html`${at > 0 && ' or '}${schemaName(one)}`)}`;
  if (Array.isArray(schema['enum'])) {
    return html`${schema['enum'].map((value, at) => html`${at > 0 && ' '}<code>${JSON.stringify(value)}</code>`)}`;
  }
  if (schema['type'] === 'array') return html`list of ${schemaName(isJson(schema['items']) ? schema['items'] : {})}`;
  if (text(schema['type']) === 'object' && isJson(schema['properties']) && isJson(schema['properties']['data'])) {
    return html`page of
    ${schemaName(isJson(schema['properties']['data']['items']) ? schema['properties']['data']['items'] : {})}`;
  }
  return html`${[text(schema['type']) || 'any', text(schema['format'])].filter(Boolean).join(', ')}`;
}
