#include "otnas/formats/pickle.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace otnas {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

/// The opcodes are those of CPython's Lib/pickletools.py. Of each object on the stack only the
/// depth of the tuples it consists of is known: lists, dictionaries and instances have depth 0, as
/// hashing does not go into them.
class Scan {
 public:
  Scan(const unsigned char* data, std::size_t size, std::size_t begin)
      : data_(data), size_(size), begin_(begin), at_(begin) {}

  std::size_t run() {
    while (step(byte())) {
    }
    return at_;
  }

 private:
  bool step(unsigned char code) {
    switch (code) {
      case '.':
        pop(1);
        return false;
      case '(':
        marks_.push_back(stack_.size());
        break;
      case '0':
        // POP takes a mark, too.
        if (!marks_.empty() && marks_.back() == stack_.size())
          marks_.pop_back();
        else
          pop(1);
        break;
      case '1':
        pop_mark();
        break;
      case '2':
        push(top());
        break;
      case 'N':
      case 0x88:
      case 0x89:
      case '}':
      case ']':
      case 0x8f:
        push(0);
        break;
      case ')':
        push(1);
        break;
      case 'K':
        skip(1);
        push(0);
        break;
      case 'M':
        skip(2);
        push(0);
        break;
      case 'J':
        skip(4);
        push(0);
        break;
      case 'G':
        skip(8);
        push(0);
        break;
      case 'F':
      case 'I':
      case 'L':
      case 'S':
      case 'V':
      case 'P':
        line();
        push(0);
        break;
      case 'U':
      case 'C':
      case 0x8a:
      case 0x8c:
        skip(number(1));
        push(0);
        break;
      case 'T':
      case 'B':
      case 'X':
      case 0x8b:
        skip(number(4));
        push(0);
        break;
      case 0x8d:
      case 0x8e:
      case 0x96:
        skip(number(8));
        push(0);
        break;
      case 'c':
        line();
        line();
        push(0);
        break;
      case 'Q':
        pop(1);
        push(0);
        break;
      case 'R':
      case 0x81:
      case 0x93:
        pop(2);
        push(0);
        break;
      case 0x92:
        pop(3);
        push(0);
        break;
      case 'a':
      case 'b':
        pop(1);
        require_one();
        break;
      case 's':
        pop(2);
        require_one();
        break;
      case 'e':
      case 'u':
      case 0x90:
        pop_mark();
        require_one();
        break;
      case 'd':
      case 'l':
        pop_mark();
        push(0);
        break;
      case 't':
      case 0x91: {
        const std::size_t count = stack_.size() - mark();
        marks_.pop_back();
        tuple(count);
        break;
      }
      case 0x85:
        tuple(1);
        break;
      case 0x86:
        tuple(2);
        break;
      case 0x87:
        tuple(3);
        break;
      case 'g':
        push(remembered(decimal()));
        break;
      case 'h':
        push(remembered(number(1)));
        break;
      case 'j':
        push(remembered(number(4)));
        break;
      case 'p':
        remember(decimal());
        break;
      case 'q':
        remember(number(1));
        break;
      case 'r':
        remember(number(4));
        break;
      case 0x94:
        remember(memo_.size());
        break;
      case 0x80:
        if (number(1) > 5) refuse("a protocol later than 5");
        break;
      case 0x95:
        require_left(number(8));
        break;
      default:
        refuse("an opcode that plain data does not need, " + std::to_string(code));
    }
    return true;
  }

  unsigned char byte() {
    require_left(1);
    return data_[at_++];
  }
  void require_left(std::uint64_t count) const {
    if (count > size_ - at_) refuse("it ends early");
  }
  void skip(std::uint64_t count) {
    require_left(count);
    at_ += static_cast<std::size_t>(count);
  }
  std::uint64_t number(std::size_t bytes) {
    require_left(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{data_[at_ + i]} << (8 * i);
    at_ += bytes;
    return value;
  }
  std::size_t line() {
    const auto* end = size_ == at_ ? nullptr : std::memchr(data_ + at_, '\n', size_ - at_);
    if (end == nullptr) refuse("it ends early");
    const std::size_t begin = at_;
    at_ = static_cast<std::size_t>(static_cast<const unsigned char*>(end) - data_) + 1;
    return begin;
  }
  std::uint64_t decimal() {
    std::uint64_t value = 0;
    for (std::size_t i = line(); i + 1 < at_; ++i) {
      if (data_[i] < '0' || data_[i] > '9' || value > size_) refuse("a memo number that is none");
      value = 10 * value + (data_[i] - std::uint64_t{'0'});
    }
    return value;
  }

  void push(std::uint32_t depth) { stack_.push_back(depth); }
  std::uint32_t top() const {
    if (stack_.size() <= floor()) refuse("it takes more from the stack than is there");
    return stack_.back();
  }
  void require_one() const { static_cast<void>(top()); }
  void pop(std::size_t count) {
    if (stack_.size() < floor() + count) refuse("it takes more from the stack than is there");
    stack_.resize(stack_.size() - count);
  }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  std::size_t mark() const {
    if (marks_.empty()) refuse("it goes back to a mark that is not there");
    return marks_.back();
  }
  void pop_mark() {
    stack_.resize(mark());
    marks_.pop_back();
  }
  void tuple(std::size_t count) {
    if (stack_.size() < floor() + count) refuse("it takes more from the stack than is there");
    std::uint32_t depth = 0;
    for (std::size_t i = stack_.size() - count; i < stack_.size(); ++i)
      depth = std::max(depth, stack_[i]);
    if (++depth > kMaxTupleDepth)
      refuse("tuples nested deeper than " + std::to_string(kMaxTupleDepth));
    stack_.resize(stack_.size() - count);
    push(depth);
  }

  std::uint32_t remembered(std::uint64_t key) const {
    const auto found = memo_.find(key);
    if (found == memo_.end()) refuse("a memo number that is not there");
    return found->second;
  }
  void remember(std::uint64_t key) {
    // A loader may keep the memo as an array.
    if (key > at_ - begin_) refuse("a memo number larger than the pickle");
    memo_[key] = top();
  }

  const unsigned char* data_;
  std::size_t size_, begin_, at_;
  std::vector<std::uint32_t> stack_;  // depth of the tuples of each object
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, std::uint32_t> memo_;
};

}  // namespace

std::size_t check_pickle(const unsigned char* data, std::size_t size, std::size_t begin) {
  if (begin > size) refuse("it ends early");
  return Scan(data, size, begin).run();
}

}  // namespace otnas
