// Jest's ESM loader cannot require() an ES module that is still being evaluated; loading Nest first,
// whole, keeps the CommonJS packages that require it out of that cycle.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
