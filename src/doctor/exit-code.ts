/** What `zenthrex doctor` can end with: 0 healthy, 1 a check failed, 3 auth, 4 wallet, 5 network. */
export type ExitCode = 0 | 1 | 3 | 4 | 5;
