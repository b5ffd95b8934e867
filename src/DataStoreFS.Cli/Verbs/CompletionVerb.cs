using System.CommandLine;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Verbs;

/// <summary>
/// <c>datastorefs completion SHELL</c>: a script that asks the program itself (its <c>[suggest]</c> directive) what could come next.
/// </summary>
internal static class CompletionVerb
{
    // File names complete where the program suggests nothing. What it suggests is read as it is, without compgen -W, which would expand it: the name
    // of a mount point may be anything. What is typed already may have backslashes before blanks, as this puts them there.
    private const string Bash = """
        _datastorefs() {
            local word=${COMP_WORDS[COMP_CWORD]//\\/} found
            COMPREPLY=()
            while IFS= read -r found; do
                if [[ $found == "$word"* ]]; then COMPREPLY+=("$(printf %q "$found")"); fi
            done < <("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
        }
        complete -o default -F _datastorefs datastorefs
        """;

    private const string Zsh = """
        #compdef datastorefs
        _datastorefs() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            [[ -n ${found[1]} ]] && compadd -- "${found[@]}" || _files
        }
        if [ "${funcstack[1]}" = _datastorefs ]; then _datastorefs "$@"; else compdef _datastorefs datastorefs; fi
        """;

    private const string Fish = """
        function __datastorefs_complete
            set -l line (commandline -cp)
            datastorefs "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c datastorefs -a '(__datastorefs_complete)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var verb = new Verb("completion", "Print a shell's completion script.")
        {
            Examples =
            [
                ("source <(datastorefs completion bash)", "For this bash; put the line into ~/.bashrc for every bash"),
                ("datastorefs completion zsh > ~/.zfunc/_datastorefs", "For zsh, with ~/.zfunc in $fpath"),
                ("datastorefs completion fish > ~/.config/fish/completions/datastorefs.fish", "For fish"),
            ],
        };
        verb.Add(shell);
        verb.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(Script(parsed.GetRequiredValue(shell))));
        return verb;
    }

    private static string Script(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw new DataStoreException(DataStoreErrorKind.Usage, $"no completion for '{shell}': there is bash, zsh and fish"),
    };
}
