export { KeyCalendar } from './key.calendar.js';
export { keyQuestions } from './key.questions.js';
export { KeyRing } from './key.ring.js';
export { KeyRotation, type Rotated } from './rotation.js';
