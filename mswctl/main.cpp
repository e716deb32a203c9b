#include "mswctl/arguments.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/output.hpp"

#include <clocale>
#include <exception>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    using mswctl::Exit;
    (void)std::setlocale(LC_CTYPE, "");
    try {
        const std::variant<mswctl::Arguments, Exit> read = mswctl::read_arguments(argc, argv);
        if (const Exit* end = std::get_if<Exit>(&read)) return static_cast<int>(*end);
        const auto& args = std::get<mswctl::Arguments>(read);
        mswctl::Output out;
        const mswctl::Command* command = mswctl::find_command(args.command);
        const Exit exit = command == nullptr ? mswctl::run_prompt(args, out) : command->run(args, out);
        if (!out.failed()) return static_cast<int>(exit);
        out.talk("mswctl: writing to stdout failed; is the disk full?");
        return static_cast<int>(mswctl::both(exit, Exit::failed));
    } catch (const std::exception& e) {
        std::cerr << "mswctl: " << e.what() << '\n';
        return static_cast<int>(Exit::failed);
    }
}
