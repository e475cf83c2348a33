import { defineConfig } from "vitest/config";

/**
 * `npm test` runs the projects "unit" (everything that mirrors src/) and "properties" (fast-check, 1/50th of the full count).
 * "e2e" needs `npm pack` and is part of `npm run check`; test/clients has its own runner (real clients, hundreds of MB).
 */
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  cacheDir: "node_modules/.vite",
  test: {
    globalSetup: ["test/support/build-once.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Two shared cores: more workers only add noise, and several tests start child processes of their own.
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      reportsDirectory: "node_modules/.coverage",
      include: ["src/**/*.ts"],
      reporter: ["text-summary"],
      thresholds: { lines: 85, branches: 75 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/clients/**", "test/**/*.properties.test.ts"],
        },
      },
      { extends: true, test: { name: "properties", include: ["test/**/*.properties.test.ts"], testTimeout: 600_000 } },
      { extends: true, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 180_000 } },
    ],
  },
});
