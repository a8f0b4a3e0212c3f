/// The providers that a run works with, each opened when it is first asked for.
final class OpenProviders {
  private let workshop: Workshop
  private var open: [any Provider] = []

  init(_ workshop: Workshop) {
    self.workshop = workshop
  }

  func open(_ type: any Provider.Type) -> any Provider {
    if let found = open.first(where: { Swift.type(of: $0) == type }) { return found }
    let provider = type.init(workshop)
    open.append(provider)
    return provider
  }
}
