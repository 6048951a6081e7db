/** The screens that scan, in one piece that is fetched after the first paint. */
export { Adhoc } from './adhoc'
export { CheckIn } from './checkin'
export { CheckOut } from './checkout'
export { NotServed } from './not-served'
export { ScanAny } from './scan-any'
