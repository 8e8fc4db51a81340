import assert from 'node:assert/strict';

import { judge, quantile, ratios, spreadOf } from '#bench/method/statistics';

/** Run before every measurement: a wrong median would be believed for years. */
export function checkStatistics(): void {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
  assert.equal(quantile([10], 0.9), 10);
  assert.deepEqual(spreadOf([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]), { median: 50, p10: 10, p90: 90 });
  assert.deepEqual(ratios([2, 9], [4, 3]), [0.5, 3]);
  assert.equal(judge({ median: 1, p10: 0.9, p90: 1.7 }, 1.1), 'met');
  assert.equal(judge({ median: 1.2, p10: 1.05, p90: 1.4 }, 1.1), 'unclear');
  assert.equal(judge({ median: 1.2, p10: 1.15, p90: 1.4 }, 1.1), 'missed');
}
