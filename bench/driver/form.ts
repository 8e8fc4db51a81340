const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  const value = found?.[1] ?? found?.[2] ?? found?.[3];
  return value?.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
};

/** The sign-in form of a page, filled in: its hidden fields, a name and a password. */
export function fillSignIn(page: string, name: string, password: string): { action: string; body: string } {
  for (const [form] of page.matchAll(/<form[\s\S]*?<\/form>/gi)) {
    const inputs = [...form.matchAll(/<(?:input|button)\b[^>]*>/gi)].map(([tag]) => tag);
    if (!inputs.some((tag) => attribute(tag, 'type') === 'password')) continue;
    const fields = new URLSearchParams();
    for (const tag of inputs) {
      const field = attribute(tag, 'name');
      if (field === undefined) continue;
      const type = attribute(tag, 'type') ?? 'text';
      if (type === 'password') fields.set(field, password);
      else if (type === 'text' || type === 'email') fields.set(field, name);
      else if (type === 'hidden') fields.set(field, attribute(tag, 'value') ?? '');
    }
    const opening = /<form\b[^>]*>/i.exec(form)?.[0] ?? '';
    return { action: attribute(opening, 'action') ?? '', body: fields.toString() };
  }
  throw new Error(`no form with a password on this page:\n${page.slice(0, 400)}`);
}
