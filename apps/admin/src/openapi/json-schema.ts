import { z } from 'zod';

export type Json = Record<string, unknown>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Named schemas, as they are met. */
export class Components {
  readonly schemas: Record<string, Json> = {};

  /** `wire` in a schema's meta says what it is on the wire, where the schema also converts. */
  add(schema: z.ZodType, io: 'input' | 'output'): Json {
    const made = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        const wire = z.globalRegistry.get(zodSchema)?.['wire'];
        const json: Json = jsonSchema;
        if (isJson(wire)) {
          const { description } = json;
          for (const key of Object.keys(json)) delete json[key];
          Object.assign(json, wire, description === undefined ? {} : { description });
        }
        delete json['wire'];
      },
    });
    const { $schema: _schema, $defs = {}, id: _id, ...root } = relinked(made);
    for (const [name, definition] of Object.entries(isJson($defs) ? $defs : {})) this.#name(name, definition);
    const name = z.globalRegistry.get(schema)?.id;
    // Where a named schema is met inside itself, the root is a mere reference to its definition.
    return name === undefined || '$ref' in root ? root : this.#name(name, root);
  }

  #name(name: string, definition: unknown): Json {
    if (isJson(definition)) {
      const { id: _id, ...schema } = definition;
      this.schemas[name] = schema;
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** RFC 7396 over a named schema: every member may be left out or null. */
  addPatch(schema: z.ZodType): Json {
    this.add(schema, 'input');
    const name = z.globalRegistry.get(schema)?.id ?? '';
    const patch = name.replace(/Draft$/, 'Patch');
    this.schemas[patch] = patched(this.schemas[name] ?? {});
    return { $ref: `#/components/schemas/${patch}` };
  }

  /** A replace names the slug in its path. */
  addReplacement(schema: z.ZodType): Json {
    const ref = this.add(schema, 'input');
    const draft = this.schemas[z.globalRegistry.get(schema)?.id ?? ''];
    const required = draft?.['required'];
    if (!draft || !Array.isArray(required) || !required.includes('slug')) return ref;
    const name = `${z.globalRegistry.get(schema)?.id?.replace(/Draft$/, '') ?? ''}Replacement`;
    this.schemas[name] = { ...draft, required: required.filter((member) => member !== 'slug') };
    return { $ref: `#/components/schemas/${name}` };
  }
}

const relinked = (schema: object): Json => {
  const parsed: unknown = JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/'));
  return isJson(parsed) ? parsed : {};
};

function patched(schema: Json): Json {
  const { required: _required, default: _default, properties, ...rest } = schema;
  if (!isJson(properties)) return rest;
  const members = Object.entries(properties).map(([name, member]) => {
    const { description, ...inner } = patched(isJson(member) ? member : {});
    const nullable = { anyOf: [inner, { type: 'null' }] };
    return [name, description === undefined ? nullable : { ...nullable, description }];
  });
  return { ...rest, properties: Object.fromEntries(members) };
}
