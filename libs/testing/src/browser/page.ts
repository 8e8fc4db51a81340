import type { IncomingHttpHeaders } from 'node:http';

export interface Button {
  text: string;
  name: string | undefined;
  value: string;
  action: URL | undefined;
}

export interface Form {
  action: URL;
  method: 'GET' | 'POST';
  /** What would be sent if nobody touched it. */
  fields: Record<string, string>;
  /** Field names by their visible label (or `aria-label`). */
  labels: Record<string, string>;
  buttons: Button[];
}

export interface Link {
  text: string;
  href: URL;
}

type Attributes = Map<string, string>;

const TAG = /<(\/?)([a-z][a-z0-9-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const decode = (text: string): string =>
  text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (name.startsWith('#x')) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return NAMED[name.toLowerCase()] ?? whole;
  });

/** Closing tags of words in a line leave no gap; all others do. */
const textOf = (html: string): string =>
  decode(
    html
      .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
      .replace(/<!--[\s\S]*?-->/g, ' ')
      .replace(/<\/?(b|i|em|strong|span|code|a|abbr|bdi|mark|small)\b[^>]*>/gi, '')
      .replace(/<[^>]*>/g, ' '),
  )
    .replace(/\s+/g, ' ')
    .trim();

function attributesOf(source: string): Attributes {
  const found: Attributes = new Map();
  for (const [, name = '', double, single, bare] of source.matchAll(
    /([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g,
  )) {
    found.set(name.toLowerCase(), decode(double ?? single ?? bare ?? ''));
  }
  return found;
}

/** One answer as a person without script sees it. */
export class Page {
  constructor(
    readonly url: URL,
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly body: string,
  ) {}

  /** Where it redirects to; only 30x answers do. */
  get location(): URL | undefined {
    const { location } = this.headers;
    return location !== undefined && this.status >= 300 && this.status < 400 ? new URL(location, this.url) : undefined;
  }

  get text(): string {
    return textOf(this.body);
  }

  get title(): string {
    return textOf(/<title>([\s\S]*?)<\/title>/i.exec(this.body)?.[1] ?? '');
  }

  json(): unknown {
    return JSON.parse(this.body);
  }

  get links(): Link[] {
    return [...this.body.matchAll(/<a\b((?:"[^"]*"|'[^']*'|[^'">])*)>([\s\S]*?)<\/a>/gi)].flatMap(
      ([, source = '', inner = '']) => {
        const attributes = attributesOf(source);
        const href = attributes.get('href');
        if (href === undefined) return [];
        return [{ text: attributes.get('aria-label') ?? textOf(inner), href: new URL(href, this.url) }];
      },
    );
  }

  get forms(): Form[] {
    return [...this.body.matchAll(/<form\b((?:"[^"]*"|'[^']*'|[^'">])*)>([\s\S]*?)<\/form>/gi)].map(
      ([, source = '', inner = '']) => this.#form(attributesOf(source), inner),
    );
  }

  /** The first form that has all these labels, field names or button texts. */
  form(...has: string[]): Form {
    const form = this.forms.find((candidate) =>
      has.every(
        (what) =>
          what in candidate.labels || what in candidate.fields || candidate.buttons.some(({ text }) => text === what),
      ),
    );
    if (!form) throw new Error(`no form with ${has.join(', ') || 'anything'} on ${this.url.pathname}: ${this.text}`);
    return form;
  }

  #form(attributes: Attributes, inner: string): Form {
    const form: Form = {
      // `action=""` and no action both mean this page.
      action: new URL(attributes.get('action') || this.url, this.url),
      method: attributes.get('method')?.toLowerCase() === 'post' ? 'POST' : 'GET',
      fields: {},
      labels: {},
      buttons: [],
    };
    const names = new Map<string, string>();
    for (const match of inner.matchAll(TAG)) {
      const [whole, closing, tag = '', source = ''] = match;
      if (closing) continue;
      this.#control(form, names, tag.toLowerCase(), attributesOf(source), inner.slice(match.index + whole.length));
    }
    for (const [, source = '', label = ''] of inner.matchAll(/<label\b([^>]*)>([\s\S]*?)<\/label>/gi)) {
      const wrapped = attributesOf(/<(?:input|select|textarea)\b([^>]*)>/i.exec(label)?.[1] ?? '').get('name');
      const name = names.get(attributesOf(source).get('for') ?? '') ?? wrapped;
      if (name !== undefined) form.labels[textOf(label)] = name;
    }
    return form;
  }

  #control(form: Form, names: Map<string, string>, tag: string, attributes: Attributes, rest: string): void {
    const name = attributes.get('name');
    const type = attributes.get('type')?.toLowerCase();
    const value = attributes.get('value');
    if (attributes.has('disabled')) return;
    if (tag === 'button' || (tag === 'input' && type === 'submit')) {
      if (type === 'button' || type === 'reset') return;
      const action = attributes.get('formaction');
      form.buttons.push({
        text: tag === 'button' ? textOf(/^[\s\S]*?(?=<\/button>)/i.exec(rest)?.[0] ?? '') : (value ?? ''),
        name,
        value: value ?? '',
        action: action === undefined ? undefined : new URL(action, this.url),
      });
      return;
    }
    if (name === undefined || !['input', 'select', 'textarea'].includes(tag)) return;
    const id = attributes.get('id');
    if (id !== undefined) names.set(id, name);
    const label = attributes.get('aria-label');
    if (label !== undefined) form.labels[label] = name;
    if (tag === 'input') {
      if ((type === 'checkbox' || type === 'radio') && !attributes.has('checked')) return;
      form.fields[name] = value ?? (type === 'checkbox' || type === 'radio' ? 'on' : '');
    } else if (tag === 'textarea') {
      form.fields[name] = decode(/^[\s\S]*?(?=<\/textarea>)/i.exec(rest)?.[0] ?? '').replace(/^\n/, '');
    } else {
      const options = [...(rest.split(/<\/select>/i)[0] ?? '').matchAll(/<option\b([^>]*)>([^<]*)/gi)].map(
        ([, source = '', text = '']) => {
          const own = attributesOf(source);
          return { value: own.get('value') ?? textOf(text), selected: own.has('selected') };
        },
      );
      form.fields[name] = (options.find((option) => option.selected) ?? options[0])?.value ?? '';
    }
  }
}
