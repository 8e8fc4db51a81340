export function checkDeployment(
  root: string,
  options?: { toolRoot?: string; tools?: boolean; types?: boolean },
): { problems: string[]; skipped: string[] };
export function findNginx(): string | undefined;
export function copyEdge(
  root: string,
  options?: { port?: number; statusPort?: number; gateway?: string; minter?: string; tls?: string },
): { folder: string; remove(): void };
export function makeSecrets(addresses?: { database?: string; redis?: string }): Record<string, string>;
export function writeSecrets(folder: string, files: Record<string, string>): void;
