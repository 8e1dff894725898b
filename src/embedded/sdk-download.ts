// Run as a process: lets Temporal's SDK download the command line program it would test with, into a folder.
// A process of its own, because the SDK's native runtime cannot be stopped half-way and takes over signals.
// Arguments: FOLDER VERSION
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir = '.', version = 'default'] = process.argv.slice(2);
try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir, version } },
  });
  await environment.teardown();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
