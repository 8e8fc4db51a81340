export * from './account.js';
export * from './acr.js';
export * from './application.js';
export * from './brand.js';
export * from './news.js';
export * from './refusal.js';
export * from './sign-in.js';
export * from './usersource.js';
