internal import CUdev

/// The entries of a list that libudev owns (udev_list_entry(3)).
@safe struct UdevList: Sequence, IteratorProtocol {
  private var entry: OpaquePointer?

  /// Takes the first entry; the list must outlive this.
  @unsafe init(_ first: OpaquePointer?) {
    unsafe entry = first
  }

  mutating func next() -> (name: String, value: String)? {
    guard let current = unsafe entry else { return nil }
    unsafe entry = udev_list_entry_get_next(current)
    return unsafe (
      text(udev_list_entry_get_name(current)) ?? "", text(udev_list_entry_get_value(current)) ?? ""
    )
  }
}
