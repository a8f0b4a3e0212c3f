internal import Glibc

@main
struct Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let status = InternalCommand.run(arguments) { exit(status) }
    StandardStreams.prepare()
    let status = Invocation.run(arguments)
    exit(Invocation.isBisecting(arguments) ? status.bisecting : status.rawValue)
  }
}
