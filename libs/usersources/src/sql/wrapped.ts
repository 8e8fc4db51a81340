/** An object of a package without types of its own, asked for functions by name and for nothing else. */
export interface Wrapped {
  self: object;
  call(name: string, ...values: unknown[]): unknown;
  make(name: string, ...values: unknown[]): Wrapped;
  set(name: string, value: unknown): void;
}

export function wrapped(value: unknown): Wrapped {
  const self: object = toObject(value);
  const named = (name: string) => {
    const found: unknown = Reflect.get(self, name);
    if (!isCallable(found)) throw new TypeError(`the driver has no ${name}`);
    return found;
  };
  return {
    self,
    call: (name, ...values): unknown => Reflect.apply(named(name), self, values),
    make: (name, ...values) => wrapped(Reflect.construct(named(name), values)),
    set: (name, value) => void Reflect.set(self, name, value),
  };
}

const isCallable = (value: unknown): value is (...values: unknown[]) => unknown => typeof value === 'function';
const toObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
