import { DOMParser } from '@xmldom/xmldom';
import { Refusal } from '@passbroker/model';
import { z } from 'zod';

export interface TokenService {
  url: string;
  format: 'qas' | 'json';
  user: string;
  password: string;
}

const MOST_CHARS = 16_384;
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const QAS = 'http://xmlns.oracle.com/Enterprise/Tools/schemas/QAS_AUTHTOKEN_REQ_MSG.VERSION_1';
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const PASSWORD_TEXT = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText';

/**
 * Has PeopleSoft itself say whose token it is: by QAS_AUTHTOKEN_OPER of Query Access Services
 * (PeopleTools 8.63, Reporting Web Services), or by a service of the site's own around PRTL_SS_CI that takes
 * `{"token"}` and answers `{"userId"}`.
 * @throws Refusal usersource.unreachable, usersource.misconfigured, upstream.untrusted
 */
export async function askPeoplesoft(service: TokenService, token: string, ask: typeof fetch): Promise<string> {
  const answer = await ask(
    service.url,
    service.format === 'qas' ? qasRequest(service, token) : jsonRequest(service, token),
  );
  const text = await answer.text();
  // Rather our own account's trouble than the person's; SOAP says 500 for any fault.
  if (answer.status === 401 || answer.status === 403) {
    throw new Refusal('usersource.misconfigured', `PeopleSoft turned our own account away (${answer.status})`);
  }
  const fault = service.format === 'qas' && answer.status === 500;
  if (answer.status >= 500 && !fault) {
    throw new Refusal('usersource.unreachable', `PeopleSoft answered ${answer.status}`);
  }
  const user = answer.status === 200 && text.length <= MOST_CHARS ? said(service.format, text) : undefined;
  if (user === undefined) {
    throw new Refusal('upstream.untrusted', `PeopleSoft says of nobody that it is their token (${answer.status})`);
  }
  return user;
}

function qasRequest({ user, password }: TokenService, token: string): RequestInit {
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="${SOAP}" xmlns:qas="${QAS}"><soapenv:Header><wsse:Security xmlns:wsse="${WSSE}" soapenv:mustUnderstand="1"><wsse:UsernameToken><wsse:Username>${escaped(user)}</wsse:Username><wsse:Password Type="${PASSWORD_TEXT}">${escaped(password)}</wsse:Password></wsse:UsernameToken></wsse:Security></soapenv:Header><soapenv:Body><qas:QAS_AUTHTOKEN_REQ_MSG><PSTOKEN>${escaped(token)}</PSTOKEN></qas:QAS_AUTHTOKEN_REQ_MSG></soapenv:Body></soapenv:Envelope>`;
  const headers = { 'content-type': 'text/xml; charset=utf-8', SOAPAction: '"QAS_AUTHTOKEN_OPER.VERSION_1"' };
  return { method: 'POST', headers, body, redirect: 'manual' };
}

function jsonRequest({ user, password }: TokenService, token: string): RequestInit {
  const headers = {
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    'content-type': 'application/json',
    accept: 'application/json',
  };
  return { method: 'POST', headers, body: JSON.stringify({ token }), redirect: 'manual' };
}

const jsonAnswer = z.object({ userId: z.string().min(1).max(30) });

function said(format: TokenService['format'], text: string): string | undefined {
  try {
    return format === 'json' ? jsonAnswer.parse(JSON.parse(text)).userId : loginUserIn(text);
  } catch {
    return undefined;
  }
}

/** Exactly one LoginUser, in the body of exactly that message: a fault that quotes one is no answer. */
function loginUserIn(text: string): string | undefined {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return undefined;
  const errorHandler = (_level: string, message: unknown): never => {
    throw new Error(String(message));
  };
  const envelope = new DOMParser({ errorHandler }).parseFromString(text, 'text/xml').documentElement;
  if (envelope?.localName !== 'Envelope' || envelope.namespaceURI !== SOAP) return undefined;
  const message = onlyChild(onlyChild(envelope, 'Body'), 'QAS_AUTHTOKEN_RESP_MSG');
  const user = onlyChild(message, 'LoginUser');
  if (!user || childrenOf(user).length > 0) return undefined;
  const name = (user.textContent ?? '').trim();
  return name.length > 0 && name.length <= 30 ? name : undefined;
}

const childrenOf = (parent: Element): Element[] =>
  Array.from(parent.childNodes).filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);

function onlyChild(parent: Element | undefined, name: string): Element | undefined {
  const found = parent ? childrenOf(parent).filter(({ localName }) => localName === name) : [];
  return found.length === 1 ? found[0] : undefined;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
