@rem The program under its other name.
@"%~dp0runner.exe" %*
