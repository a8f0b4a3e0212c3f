/// The version of bindrace (semver.org).
let version = "0.1.0"
