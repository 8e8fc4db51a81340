// Rows of a table out of a schema, as JSON Schema has it: what may be said, and what holds where nothing is.
/** Longer ones tell nobody anything. */
const LONGEST_PATTERN = 60;

export const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;

const between = (least, most, unit) => {
  if (least === undefined && most === undefined) return '';
  if (most === undefined) return `, from ${least}${unit}`;
  return least === undefined ? `, up to ${most}${unit}` : `, ${least} to ${most}${unit}`;
};

/** What may be said, in words. */
function valueOf(schema) {
  if (schema.enum) return schema.enum.map(code).join(' ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.anyOf) return schema.anyOf.map(valueOf).join(' or ');
  switch (schema.type) {
    case 'null':
      return '`null`';
    case 'boolean':
      return '`true` `false`';
    case 'integer':
      return `whole number${between(schema.minimum, schema.maximum, '')}`;
    case 'array': {
      const { minItems: least = 0, maxItems: most } = schema;
      const many = most === undefined ? (least > 0 ? `${least} or more` : '') : `${least} to ${most}`;
      return `list${many && ` of ${many}`}: ${valueOf(schema.items)}`;
    }
    case 'object':
      return schema.additionalProperties?.type
        ? `object of names and values: ${valueOf(schema.additionalProperties)}`
        : 'object';
    default:
      return textOf(schema);
  }
}

function textOf({ format, pattern, minLength, maxLength }) {
  if (format === 'uri') return 'web address';
  if (pattern?.includes('-----BEGIN')) return 'PEM';
  if (format === 'email') return 'e-mail address';
  const length = between(minLength === 1 ? undefined : minLength, maxLength, ' characters');
  return pattern && pattern.length <= LONGEST_PATTERN ? `text like ${code(pattern)}` : `text${length}`;
}

/** Each member with its value, its default and its meaning, and after it those of the object that it is. */
export function rowsOf(schema, secrets = [], before = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const required = schema.required?.includes(name) && member.default === undefined;
    const standard = member.default === undefined || member.properties ? '' : code(JSON.stringify(member.default));
    const row = {
      name: before + name,
      value: `${secrets.includes(name) && before === '' ? 'secret: ' : ''}${valueOf(member)}`,
      standard: required ? 'required' : standard,
      meaning: (member.description ?? member.anyOf?.[0].description ?? '').replaceAll('|', '\\|'),
    };
    const inner = [member, ...(member.anyOf ?? []), member.items ?? {}].filter(({ properties }) => properties);
    return [row, ...inner.flatMap((one) => rowsOf(one, [], `${before}${name}.`))];
  });
}
