internal import Glibc

@main
struct Main {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    if let status = InternalCommand.run(Array(arguments)) { exit(status) }
    StandardStreams.prepare()
    exit(Invocation.run(Array(arguments)).rawValue)
  }
}
