import type { ASTNode } from '@marcbachmann/cel-js';
import { linearPattern, PatternError } from './pattern.js';

/** What the admin wrote that is not allowed here, or not possible. Never holds a value of a person. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Functions that neither make much of little nor reach beyond their arguments. All others are refused. */
const METHODS = new Set([
  ...['size', 'startsWith', 'endsWith', 'contains', 'matches', 'indexOf', 'lastIndexOf', 'substring', 'trim'],
  ...['lowerAscii', 'upperAscii', 'split', 'join', 'hasValue', 'orValue'],
]);
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const FUNCTIONS = new Set(['size', 'string', 'int', 'double', 'bool']);
/** Their argument is looked for in the text, which costs the product of both lengths. */
const SEARCHES = new Set(['contains', 'indexOf', 'lastIndexOf', 'split']);
const BINARY = new Set<string>(['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in', '&&', '||']);
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The same expression, written out again from its tree with a toll at everything that is made, searched or gone
 * through; `matches` becomes a function of ours that runs in linear time. What is not written out here cannot be
 * said: the list of what is allowed is this file (LINK-018).
 * @throws ExpressionError
 */
export function vetted(node: ASTNode, variables: ReadonlySet<string>): string {
  const write = (one: ASTNode): string => vetted(one, variables);
  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      if (!NAME.test(node.args) || !variables.has(node.args))
        throw new ExpressionError(`there is no ${node.args} here`);
      return node.args;
    case '.':
    case '.?':
      return `${receiver(node.args[0], write)}${node.op}${named(node.args[1])}`;
    case '[]':
      return `${receiver(node.args[0], write)}[${write(node.args[1])}]`;
    case '[?]':
      return `${receiver(node.args[0], write)}[?${write(node.args[1])}]`;
    case 'list':
      return `[${node.args.map(write).join(', ')}]`;
    case '!_':
      return `!(${write(node.args)})`;
    case '-_':
      return `-(${write(node.args)})`;
    case '?:':
      return `(${write(node.args[0])} ? ${write(node.args[1])} : ${write(node.args[2])})`;
    case 'call':
      return called(node.args, write);
    case 'rcall':
      return method(node.args, variables);
    case 'map':
      throw new ExpressionError('maps cannot be made here');
    default:
      return binary(node.op, node.args, write);
  }
}

function binary(op: string, args: unknown, write: (node: ASTNode) => string): string {
  if (!BINARY.has(op) || !isPair(args)) throw new ExpressionError(`${op} is not known here`);
  const [left, right] = args;
  switch (op) {
    case '+':
      return `pay__(${write(left)} + ${write(right)})`;
    case 'in':
    case '==':
    case '!=':
      // Both sides may be lists, which are gone through.
      return `(${weighed(left, write)} ${op} ${weighed(right, write)})`;
    default:
      return `(${write(left)} ${op} ${write(right)})`;
  }
}

function called([name, args]: [string, ASTNode[]], write: (node: ASTNode) => string): string {
  // `has` looks whether a member is there: it takes the path itself, not its value.
  if (name === 'has') return `has(${args.map((one) => path(one, write)).join(', ')})`;
  if (!FUNCTIONS.has(name)) throw new ExpressionError(`there is no function ${name} here`);
  return `pay__(${name}(${args.map(write).join(', ')}))`;
}

function method([name, of, args]: [string, ASTNode, ASTNode[]], variables: ReadonlySet<string>): string {
  const write = (one: ASTNode): string => vetted(one, variables);
  if (LOOPS.has(name)) return loop(name, write(of), args, variables);
  if (!METHODS.has(name)) throw new ExpressionError(`there is no method ${name} here`);
  if (name === 'hasValue' || name === 'orValue') return `${write(of)}.${name}(${args.map(write).join(', ')})`;
  const subject = `pay__(${write(of)})`;
  if (name === 'matches') return `matches__(${subject}, ${pattern(args, write)})`;
  const written = args.map((one, index) =>
    SEARCHES.has(name) && index === 0 ? `sought__(${write(one)})` : write(one),
  );
  return `pay__(${subject}.${name}(${written.join(', ')}))`;
}

function loop(name: string, over: string, args: ASTNode[], variables: ReadonlySet<string>): string {
  const [variable, ...bodies] = args;
  if (variable?.op !== 'id' || !NAME.test(variable.args) || variables.has(variable.args) || /__/.test(variable.args)) {
    throw new ExpressionError(`${name} begins with a name of its own for the item`);
  }
  const within = new Set([...variables, variable.args]);
  const written = bodies.map((body) => `pay__(${vetted(body, within)})`);
  return `pay__(pay__(${over}).${name}(${[variable.args, ...written].join(', ')}))`;
}

/** A pattern that is written down is looked at now, while its writer is there to read the complaint. */
function pattern(args: ASTNode[], write: (node: ASTNode) => string): string {
  const [one] = args;
  if (!one || args.length !== 1) throw new ExpressionError('matches takes one pattern');
  if (one.op === 'value' && typeof one.args === 'string') {
    try {
      linearPattern(one.args);
    } catch (error) {
      if (error instanceof PatternError) throw new ExpressionError(`in the pattern: ${error.message}`);
      throw error;
    }
  }
  return write(one);
}

/** A chain of members, as `has` takes it. */
function path(node: ASTNode, write: (node: ASTNode) => string): string {
  if (node.op !== '.' && node.op !== '.?') return write(node);
  return `${path(node.args[0], write)}${node.op}${named(node.args[1])}`;
}

const receiver = (node: ASTNode, write: (node: ASTNode) => string): string =>
  node.op === 'value' || node.op === '-_' || node.op === '!_' ? `(${write(node)})` : write(node);

const weighed = (node: ASTNode, write: (node: ASTNode) => string): string =>
  node.op === 'value' ? write(node) : `pay__(${write(node)})`;

function named(member: string): string {
  if (!NAME.test(member)) throw new ExpressionError('a member with such a name is written in brackets');
  return member;
}

function literal(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean' || value === null || typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) {
    const text = String(value);
    return /[.e]/.test(text) ? text : `${text}.0`;
  }
  throw new ExpressionError('numbers, texts, true, false and null only');
}

const isPair = (args: unknown): args is [ASTNode, ASTNode] => Array.isArray(args) && args.length === 2;
